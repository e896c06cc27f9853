import type { AttentionMap } from "@heed/viz";
import type { Question } from "./question.ts";
import { tokensOf } from "./tokens.ts";

/** A question, its answer, and where the reader looked for it. */
export interface Reading {
	readonly question: Question;
	/** The word that the reader fills in. */
	readonly answer: string;
	/** How sure it is, 0 to 1. */
	readonly probability: number;
	/** The words of the story: the columns of `weights`. */
	readonly documentTokens: readonly string[];
	/** What looks: the words of the question and all of them together, or the question as one. */
	readonly queryTokens: readonly string[];
	/** Row-major `[query tokens, document tokens]`. */
	readonly weights: Float32Array;
}

/** What stands for the attention of the whole question in a picture. */
export const together = "(all)";

/** The picture of a reading, word by word. `undefined` where there is nothing to see: an empty story. */
export function wordMap({
	question,
	answer,
	documentTokens,
	queryTokens,
	weights,
}: Reading): AttentionMap | undefined {
	if (weights.length === 0) return undefined;
	return {
		title: `${question.query} → ${answer}`,
		queryTokens,
		keyTokens: documentTokens,
		weights,
		axisLabels: { query: "question", key: "story" },
	};
}

/** The same by sentence, which fits a terminal: each row is a sentence, and holds what its words get together. */
export function sentenceMap(reading: Reading): AttentionMap | undefined {
	const { question, answer, documentTokens, queryTokens, weights } = reading;
	if (weights.length === 0) return undefined;
	const sums = new Float32Array(question.story.length * queryTokens.length);
	let start = 0;
	question.story.forEach((sentence, row) => {
		const end = start + tokensOf(sentence).length;
		queryTokens.forEach((_, column) => {
			const offset = column * documentTokens.length;
			sums[row * queryTokens.length + column] = weights
				.subarray(offset + start, offset + end)
				.reduce((sum, weight) => sum + weight, 0);
		});
		start = end;
	});
	return {
		title: `${question.query} → ${answer}`,
		queryTokens: question.story,
		keyTokens: queryTokens,
		weights: sums,
		axisLabels: { query: "story", key: "question" },
	};
}
