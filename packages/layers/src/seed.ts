import { mixBits } from "@heed/core";

/**
 * The seed of one weight of a layer: another one for every path, because a seeded initializer of the host draws the same
 * numbers each time (which would make the query, key and value kernels equal), and never 0, which the host ignores.
 *
 * @param seed The layer's seed, a whole number from 0 to 2⁵³; without one the result differs from call to call.
 * @param path The name of the weight, for instance `query/kernel`.
 */
export function seedFor(seed: number | undefined, path: string): number {
	const start = seed ?? Math.floor(Math.random() * 0x100000000);
	const upper = Math.floor(start / 0x100000000);
	let hash = mixBits((start ^ mixBits(upper)) + 0x9e3779b9);
	for (const character of path) hash = mixBits(hash ^ (character.codePointAt(0) ?? 0));
	return hash & 0x7fffffff || 1;
}
