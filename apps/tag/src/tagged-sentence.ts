/** A sentence as words, and a tag for each. */
export interface TaggedSentence {
	readonly words: readonly string[];
	readonly tags: readonly string[];
}

/** Sentences to learn from, to choose the epoch by, and to be judged by. */
export interface SentenceSplit {
	readonly train: readonly TaggedSentence[];
	readonly dev: readonly TaggedSentence[];
	readonly test: readonly TaggedSentence[];
}

/** True for tags of spans, such as `B-person`, `I-person` and `O`: they are judged by whole spans. */
export function areSpanTags(tags: Iterable<string>): boolean {
	const all = [...tags];
	return all.every((tag) => /^(O|[BIESLU]-.+)$/u.test(tag)) && all.some((tag) => tag !== "O");
}
