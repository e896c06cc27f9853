/**
 * One 32-bit hash of any whole numbers: equal numbers give equal hashes, and near ones unrelated hashes. Seeds of all
 * signs and up to 2^53 count with all their bits, 0 is a seed like any other.
 */
export function mix(...numbers: readonly number[]): number {
	let hash = 0x9e3779b9;
	for (const number of numbers) {
		hash = scramble(hash ^ (number >>> 0));
		hash = scramble(hash ^ (Math.floor(number / 0x100000000) >>> 0));
	}
	return hash;
}

/** A bijection of 32-bit numbers in which every input bit moves about half of the output bits. */
function scramble(value: number): number {
	let x = (value + 0x6d2b79f5) >>> 0;
	x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
	x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
	return (x ^ (x >>> 15)) >>> 0;
}
