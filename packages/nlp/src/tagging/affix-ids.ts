import { checkNumber, checkOptions } from "@heed/core";
import { hashText } from "../text/hash-text.ts";

/** What {@link affixIds} accepts. */
export interface AffixIdsOptions {
	/** Number of ids: rows of the table that they are looked up in. */
	readonly buckets: number;
	/** The longest prefix and suffix, in characters. Default 4. */
	readonly maxLength?: number | undefined;
}

/**
 * What a word looks like, as ids, so that a word which was never seen still says something: its prefixes and suffixes of 1
 * to `maxLength` characters and its shape, each hashed into a bucket.
 *
 *     Washington  →  W Wa Was Wash · n on ton gton · Aa            McKay-42  →  … · AaAa-0
 *
 * The shape writes a run of capitals as `A`, of other letters as `a`, of digits as `0`. Every word has the same number of
 * ids, `2 · maxLength + 1`, and looking them up costs as much as so many words: no recurrence or convolution over
 * characters. Two texts may share a bucket; the more buckets, the fewer do.
 *
 * Ratnaparkhi 1996, "A Maximum Entropy Model for Part-Of-Speech Tagging", https://aclanthology.org/W96-0213
 *
 * When not to use it: for languages whose words change in the middle, or that put no spaces between words; subwords or a
 * character encoder see more there.
 *
 * @param word In its own case.
 * @returns Ids from 0 to `buckets` − 1: prefixes by length, suffixes by length, the shape.
 * @throws HeedError `OPTION`.
 */
export function affixIds(word: string, options: AffixIdsOptions): number[] {
	checkOptions("affixIds", options, ["buckets", "maxLength"]);
	const { buckets, maxLength = 4 } = options;
	checkNumber("affixIds", "buckets", buckets, { integer: true, min: 1 });
	checkNumber("affixIds", "maxLength", maxLength, { integer: true, min: 1 });
	const letters = [...word];
	const lengths = Array.from({ length: maxLength }, (_, i) => i + 1);
	const texts = [
		...lengths.map((length) => `prefix ${length} ${letters.slice(0, length).join("")}`),
		...lengths.map((length) => `suffix ${length} ${letters.slice(-length).join("")}`),
		`shape ${shapeOf(word)}`,
	];
	return texts.map((text) => hashText(text) % buckets);
}

function shapeOf(word: string): string {
	return word
		.replace(/\p{N}+/gu, "0")
		.replace(/\p{Lu}+/gu, "A")
		.replace(/(?!A)\p{L}[\p{L}\p{M}]*?(?=A|[^\p{L}\p{M}]|$)/gu, "a");
}
