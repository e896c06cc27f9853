/**
 * The inverse of a small square matrix in float64, by Gauss-Jordan elimination with row pivoting.
 *
 * @param matrix Rows; not changed. It must be invertible.
 */
export function invertMatrix(matrix: readonly (readonly number[])[]): number[][] {
	const size = matrix.length;
	const rows = matrix.map((row, i) => [...row, ...Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))]);
	for (let column = 0; column < size; column++) {
		const magnitude = (row: number): number => Math.abs(rows[row]?.[column] ?? 0);
		let best = column;
		for (let row = column + 1; row < size; row++) if (magnitude(row) > magnitude(best)) best = row;
		const pivotRow = rows[best] ?? [];
		rows[best] = rows[column] ?? [];
		const pivot = pivotRow[column] ?? 0;
		const scaled = pivotRow.map((value) => value / pivot);
		rows[column] = scaled;
		rows.forEach((row, i) => {
			const factor = row[column] ?? 0;
			if (i === column || factor === 0) return;
			rows[i] = row.map((value, j) => value - factor * (scaled[j] ?? 0));
		});
	}
	return rows.map((row) => row.slice(size));
}
