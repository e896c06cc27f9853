import { mixBits, seedKey } from "@heed/core";

/** Numbers that look random, the same for the same seed. */
export interface Random {
	/** The next one, from `low` up to `high`. */
	between(low: number, high: number): number;
	/** A whole number, 0 … count − 1. */
	below(count: number): number;
}

/** The numbers of a seed. */
export function random(seed: number): Random {
	const { low, high } = seedKey(seed);
	let count = 0;
	const next = (): number => {
		count = (count + 0x9e3779b9) >>> 0;
		return mixBits(mixBits(low + count) ^ high) / 2 ** 32;
	};
	return {
		between: (from, to) => from + (to - from) * next(),
		below: (size) => Math.floor(size * next()),
	};
}
