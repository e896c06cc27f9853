/**
 * Where the points of an output axis lie in -1..1: at -1, 1 and evenly between if `alignCorners`, else at the centres
 * of `size` equal cells. A single point is in the middle.
 */
export function targetCoordinates(size: number, alignCorners: boolean): number[] {
	return Array.from({ length: size }, (_, i) =>
		alignCorners ? (size === 1 ? 0 : (2 * i) / (size - 1) - 1) : (2 * i + 1) / size - 1,
	);
}

/** The points of an output grid, row by row, as (x, y). */
export function targetPoints(
	[height, width]: readonly [height: number, width: number],
	alignCorners: boolean,
): [x: number, y: number][] {
	const columns = targetCoordinates(width, alignCorners);
	return targetCoordinates(height, alignCorners).flatMap((y) => columns.map((x): [number, number] => [x, y]));
}
