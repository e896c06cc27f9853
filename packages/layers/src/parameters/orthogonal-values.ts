import { randomStream } from "./random-stream.ts";

/**
 * A row-major `[rows, columns]` matrix whose rows (or columns, whichever are fewer) are orthonormal: what keeps the
 * gradients of a recurrence from growing or vanishing at first. Gram-Schmidt on random normal rows; the host's own
 * orthogonal initializer takes seconds for a hundred rows.
 */
export function orthogonalValues(rows: number, columns: number, seed: number): Float32Array {
	const count = Math.min(rows, columns);
	const size = Math.max(rows, columns);
	const random = randomStream(seed);
	const basis: Float64Array[] = [];
	while (basis.length < count) {
		const vector = Float64Array.from({ length: size }, () => random.normal());
		// Twice, because one pass leaves rounding errors behind.
		for (let pass = 0; pass < 2; pass++) {
			for (const other of basis) addScaled(vector, other, -dot(vector, other));
		}
		const norm = Math.sqrt(dot(vector, vector));
		if (norm > 1e-6) basis.push(vector.map((value) => value / norm));
	}
	return Float32Array.from({ length: rows * columns }, (_, index) => {
		const row = Math.floor(index / columns);
		const column = index % columns;
		return (rows <= columns ? basis[row]?.[column] : basis[column]?.[row]) ?? 0;
	});
}

function dot(a: Float64Array, b: Float64Array): number {
	let sum = 0;
	for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
	return sum;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
	for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + factor * (source[i] ?? 0);
}
