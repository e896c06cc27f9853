/** A reproducible stream of random numbers. */
export interface RandomStream {
	/** Uniform, greater than 0 and less than 1. */
	uniform(): number;
	/** Gumbel: the noise that turns `argmax(logits + noise)` into a draw from softmax(logits). */
	gumbel(): number;
	/** Standard normal. */
	normal(): number;
}

/**
 * A generator of 32-bit numbers (mulberry32), in plain JavaScript so that every backend draws the same. Every whole
 * number is a seed with a stream of its own; 0, which the host's ops take for "no seed", is one like any other.
 */
export function randomStream(seed: number): RandomStream {
	let state = (seed ^ Math.imul(Math.floor(seed / 0x100000000), 0x85ebca77) ^ 0x9e3779b9) >>> 0;
	const uniform = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let bits = Math.imul(state ^ (state >>> 15), state | 1);
		bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
		return (((bits ^ (bits >>> 14)) >>> 0) + 0.5) / 0x100000000;
	};
	return {
		uniform,
		gumbel: () => -Math.log(-Math.log(uniform())),
		normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
	};
}
