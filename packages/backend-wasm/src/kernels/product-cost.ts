/** The sizes of a product `[M, K] · [K, N]`, and which operand lies transposed in memory. */
export interface ProductShape {
	readonly m: number;
	readonly k: number;
	readonly n: number;
	readonly transposeA: boolean;
	readonly transposeB: boolean;
}

// Nanoseconds on one core of a current server, measured; only their ratios matter.
const turn = 1.3; // to transpose an element
const pack = 3; // to pack an element of a right operand for XNNPACK
const fast = 0.08; // one multiplication and addition in XNNPACK
const scalar = 0.83; // the same in the host's scalar loop
const store = 3.5; // an output element of the scalar loop
const start = 4000; // to start one product

/** What the host's scalar loop takes. */
export function scalarCost({ m, k, n }: ProductShape): number {
	return m * n * (scalar * k + store);
}

/** What it takes to transpose what is transposed and multiply through XNNPACK: `a · b`. */
export function directCost({ m, k, n, transposeA, transposeB }: ProductShape): number {
	const turns = (transposeA ? m * k : 0) + (transposeB ? k * n : 0);
	return start + turn * turns + pack * k * n + fast * m * k * n;
}

/** The same for `(bᵀ · aᵀ)ᵀ`, which packs and transposes the other operand, and the result. */
export function swappedCost({ m, k, n, transposeA, transposeB }: ProductShape): number {
	const turns = (transposeA ? 0 : m * k) + (transposeB ? 0 : k * n) + m * n;
	return start + turn * turns + pack * m * k + fast * m * k * n;
}
