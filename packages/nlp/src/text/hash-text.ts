import { checkText } from "../ops/check-given.ts";

/**
 * A 32-bit hash of a text: FNV-1a over its UTF-16 units, finished by the mixer of MurmurHash3 so that all bits depend
 * on all input. The same on every machine; not for security.
 *
 * @param seed Any whole number from 0 to 2⁵³: another one gives another hash; 0 is a seed like any other.
 */
export function hashText(text: string, seed = 0): number {
	checkText("hashText", "text", text);
	const upper = Math.floor(seed / 0x100000000);
	let hash = mix(seed ^ mix(upper) ^ 0x811c9dc5);
	for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
	return mix(hash);
}

function mix(value: number): number {
	let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}
