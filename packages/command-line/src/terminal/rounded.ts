/** A number as it is printed as JSON: six places behind the point. */
export function rounded(value: number): number {
	return Number(value.toFixed(6));
}

/** Weights in rows of so many, as they are printed as JSON. */
export function roundedRows(weights: ArrayLike<number>, columns: number): number[][] {
	return Array.from({ length: columns === 0 ? 0 : weights.length / columns }, (_, row) =>
		Array.from({ length: columns }, (__, i) => rounded(weights[row * columns + i] ?? 0)),
	);
}
