/** What {@link outlineOf} needs to know about a grid. */
export interface OutlineOptions {
	/** Of the grid. */
	readonly height: number;
	readonly width: number;
	/** Height and width of the picture that is read. */
	readonly from: readonly [height: number, width: number];
	/** Whether its edges are straight, so that four corners will do. */
	readonly straight: boolean;
}

/**
 * The outline of a grid on the picture that it reads, through the outermost points.
 *
 * @param grid [height, width, 2], (x, y) in −1 … 1 between the outer edges of the picture.
 * @returns Points in pixels, round the grid.
 */
export function outlineOf(
	grid: Float32Array,
	{ height, width, from: [rows, columns], straight }: OutlineOptions,
): [x: number, y: number][] {
	const at = (row: number, column: number): [number, number] => {
		const place = 2 * (row * width + column);
		return [(((grid[place] ?? 0) + 1) / 2) * columns, (((grid[place + 1] ?? 0) + 1) / 2) * rows];
	};
	const [bottom, right] = [height - 1, width - 1];
	if (straight) return [at(0, 0), at(0, right), at(bottom, right), at(bottom, 0)];
	return [
		...Array.from({ length: right }, (_, i) => at(0, i)),
		...Array.from({ length: bottom }, (_, i) => at(i, right)),
		...Array.from({ length: right }, (_, i) => at(bottom, right - i)),
		...Array.from({ length: bottom }, (_, i) => at(bottom - i, 0)),
	];
}
