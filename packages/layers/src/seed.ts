/** Mixes the bits of a 32-bit number, so that neighbouring seeds give unrelated ones. */
function mix(value: number): number {
	let x = value >>> 0;
	x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
	x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
	return (x ^ (x >>> 16)) >>> 0;
}

/**
 * The seed of one weight of a layer: another one for every path, because a seeded initializer of the host draws the same
 * numbers each time (which would make the query, key and value kernels equal), and never 0, which the host ignores.
 *
 * @param seed The layer's seed; without one the result differs from call to call.
 * @param path The name of the weight, for instance `query/kernel`.
 */
export function seedFor(seed: number | undefined, path: string): number {
	let hash = mix(seed === undefined ? Math.floor(Math.random() * 0x100000000) : seed + 0x9e3779b9);
	for (const character of path) hash = mix(hash ^ (character.codePointAt(0) ?? 0));
	return hash & 0x7fffffff || 1;
}
