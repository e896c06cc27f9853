import { mixBits } from "./mix-bits.ts";

/** A seed spread over two words, so that seed 0 is not the all-zero state. */
export interface SeedKey {
	readonly low: number;
	readonly high: number;
}

/** The key of a seed; every whole number from 0 to 2⁵³ has its own. */
export function seedKey(seed: number): SeedKey {
	const upper = Math.floor(seed / 0x100000000) >>> 0;
	return { low: mixBits(seed + 0x9e3779b1), high: mixBits((seed ^ mixBits(upper)) + 0x85ebca77) };
}
