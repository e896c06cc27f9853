/**
 * Mixes the bits of a 32-bit number: a bijection after which neighbouring numbers have nothing visible in common.
 *
 * Hashing a seed and a counter with it gives random numbers that are the same on every backend and in every order of
 * drawing, which the host's own random ops do not promise. Not for secrets.
 *
 * Chris Wellons, "Prospecting for hash functions", 2018, https://nullprogram.com/blog/2018/07/31/
 *
 * @param value Any whole number; its lowest 32 bits count.
 * @returns An unsigned 32-bit number.
 */
export function mixBits(value: number): number {
	let x = value >>> 0;
	x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
	x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
	return (x ^ (x >>> 16)) >>> 0;
}
