import { mixBits } from "../random/mix-bits.ts";
import { seedKey } from "../random/seed-key.ts";

/** A reproducible stream of random numbers. */
export interface RandomStream {
	/** Uniform, greater than 0 and less than 1. */
	uniform(): number;
	/** Gumbel: the noise that turns `argmax(logits + noise)` into a draw from softmax(logits). */
	gumbel(): number;
	/** Standard normal. */
	normal(): number;
}

/** Keeps a stream apart from dropout, which hashes the same keys. */
const purpose = 0x5bd1e995;

/**
 * A stream of hashes of a counter, keyed by the seed, in plain JavaScript so that every backend draws the same. Every
 * whole number is a seed with a stream of its own, not another place on one common cycle; 0, which the host's ops take
 * for "no seed", is one like any other.
 */
export function randomStream(seed: number): RandomStream {
	const { low, high } = seedKey(seed);
	let drawn = 0;
	const uniform = (): number => {
		const bits = mixBits(mixBits(low ^ Math.imul(drawn++, 0x9e3779b1)) ^ high ^ purpose);
		return (bits + 0.5) / 0x100000000;
	};
	return {
		uniform,
		gumbel: () => -Math.log(-Math.log(uniform())),
		normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
	};
}
