/** Seeded standard normal numbers, the same for every contender. */
export function normalValues(size: number, seed: number, scale = 1): Float32Array {
	const uniform = randomNumbers(seed);
	return Float32Array.from(
		{ length: size },
		() => scale * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
	);
}

/** Seeded whole numbers in [min, max]. */
export function wholeNumbers(size: number, seed: number, min: number, max: number): Int32Array {
	const uniform = randomNumbers(seed);
	return Int32Array.from({ length: size }, () => min + Math.floor(uniform() * (max - min + 1)));
}

/** Numbers in [0, 1): mulberry32. */
function randomNumbers(seed: number): () => number {
	let state = (seed ^ 0x9e3779b9) >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}
