/** A seeded stream of numbers in plain JavaScript: the same on every backend and machine. */
export interface RandomStream {
	/** Uniform in [0, 1). */
	uniform(): number;
	/** Standard normal. */
	normal(): number;
}

/** Opens the stream of a seed (mulberry32); 0 is a seed like any other. */
export function randomStream(seed: number): RandomStream {
	let state = (seed ^ 0x9e3779b9) >>> 0;
	const uniform = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
	const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
	return { uniform, normal };
}
