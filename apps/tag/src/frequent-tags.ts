import type { Task } from "./settings.ts";
import type { TaggedSentence } from "./tagged-sentence.ts";

/**
 * What the words alone tell: each gets the tag that it had most often in the training, letter for letter. One that was not
 * there gets the most frequent tag of all; where spans are tagged, `O`.
 *
 * @returns A tag for each word of each sentence of `asked`.
 */
export function frequentTags(
	task: Task,
	trained: readonly TaggedSentence[],
	asked: readonly Pick<TaggedSentence, "words">[],
): string[][] {
	const all = new Map<string, number>();
	const byWord = new Map<string, Map<string, number>>();
	for (const { words, tags } of trained) {
		tags.forEach((tag, i) => {
			const word = words[i] ?? "";
			const own = byWord.get(word) ?? new Map<string, number>();
			byWord.set(word, own);
			for (const counts of [own, all]) counts.set(tag, (counts.get(tag) ?? 0) + 1);
		});
	}
	const usual = task === "spans" ? "O" : mostFrequent(all);
	const known = new Map([...byWord].map(([word, own]) => [word, mostFrequent(own)]));
	return asked.map(({ words }) => words.map((word) => known.get(word) ?? usual));
}

/** Of equally frequent ones the first that came. */
function mostFrequent(counts: ReadonlyMap<string, number>): string {
	return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), ["", 0])[0];
}
