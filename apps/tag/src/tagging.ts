import type { AttentionMap } from "@heed/viz";

/** A sentence with the tags that the model gives it. */
export interface Tagging {
	readonly words: readonly string[];
	readonly tags: readonly string[];
	/** Where each word (row) looked, the mean over the heads, row-major `[words, words]`; absent without self-attention. */
	readonly weights?: Float32Array;
}

/** `The/at jury/nn said/vbd`. */
export function inlineTags({ words, tags }: Tagging): string {
	return words.map((word, i) => `${word}/${tags[i]}`).join(" ");
}

/** The picture of where the words looked. `undefined` where there is nothing to see. */
export function lookMap({ words, tags, weights }: Tagging): AttentionMap | undefined {
	if (weights === undefined || words.length === 0) return undefined;
	return {
		title: words.join(" "),
		queryTokens: words.map((word, i) => `${word} ${tags[i]}`),
		keyTokens: words,
		weights,
		axisLabels: { query: "word and tag", key: "looked at" },
	};
}
