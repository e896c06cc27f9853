/** Axes of a broadcast result that lie one after another in every operand, as one. */
export interface MergedAxis {
	readonly size: number;
	/** From index to index, in elements of each operand; 0 where it is repeated. */
	readonly strides: readonly number[];
}

/**
 * How operands lie under the result of broadcasting them, with as few axes as possible, but at least two:
 *
 *     mergedAxes([[2, 3, 5, 7], [5, 7]], [2, 3, 5, 7]) → [{ size: 6, strides: [35, 0] }, { size: 35, strides: [1, 1] }]
 *
 * The strides of the last are 0 or 1.
 */
export function mergedAxes(operands: readonly (readonly number[])[], shape: readonly number[]): MergedAxis[] {
	const axes: MergedAxis[] = [];
	const spans = operands.map(() => 1); // elements of each operand in the axes that have been seen
	for (let axis = shape.length - 1; axis >= 0; axis--) {
		const size = shape[axis] ?? 1;
		const strides = operands.map((operand, i) => {
			const length = operand[axis - shape.length + operand.length] ?? 1;
			const span = spans[i] ?? 1;
			spans[i] = span * length;
			return length === 1 ? 0 : span;
		});
		if (size === 1) continue;
		const inner = axes[0];
		const joins =
			inner !== undefined && strides.every((stride, i) => stride === inner.size * (inner.strides[i] ?? 0));
		if (joins) axes[0] = { size: size * inner.size, strides: inner.strides };
		else axes.unshift({ size, strides });
	}
	while (axes.length < 2) axes.unshift({ size: 1, strides: operands.map(() => 0) });
	return axes;
}
