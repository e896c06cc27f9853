import type { ReadSentence } from "./classification.ts";

/** A word and how strongly it is marked, 0 to 1. */
export interface ShadedWord {
	readonly text: string;
	readonly shade: number;
}

/** A sentence that is shown. */
export interface ShadedSentence {
	/** Its share of the attention, 0 to 1; absent for a model without attention. */
	readonly weight?: number;
	readonly words: readonly ShadedWord[];
}

/**
 * How strongly to mark words: `√(weight of the sentence) · weight of the word`, as Yang et al. 2016 draw it, so that words of sentences
 * that hardly count stay pale; the strongest of the text is 1.
 */
export function shadeWords(sentences: readonly ReadSentence[]): ShadedSentence[] {
	const strengths = sentences.map(({ weight = 0, wordWeights = [] }) =>
		wordWeights.map((word) => Math.sqrt(weight) * word),
	);
	const strongest = Math.max(...strengths.flat(), Number.MIN_VALUE);
	return sentences.map(({ words, weight }, i) => ({
		...(weight !== undefined && { weight }),
		words: words.map((word, place) => ({
			text: word.replace(/\p{C}/gu, "�"), // nothing that could steer a terminal
			shade: (strengths[i]?.[place] ?? 0) / strongest,
		})),
	}));
}
