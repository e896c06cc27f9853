import { readBrownTexts } from "@heed/command-line/brown";
import { hashSplit, hashText } from "@heed/nlp";

/** Shortest and longest word that is drawn. */
export const wordLengths = { min: 2, max: 6 } as const;

/** Words on three sides; none is on two of them. */
export interface WordSplit {
	/** What is drawn to learn from. */
	readonly train: readonly string[];
	/** What decides which epoch to keep. */
	readonly dev: readonly string[];
	/** What is judged by, once, at the end. */
	readonly test: readonly string[];
}

/**
 * The words of the Brown corpus of 2 to 6 letters that occur there in small letters, each once, sorted. By a hash of the word, a
 * tenth is held out and a fiftieth of the rest chooses the epoch.
 */
export function readWords(): WordSplit {
	known ??= splitWords();
	return known;
}

let known: WordSplit | undefined; // the corpus is large

function splitWords(): WordSplit {
	const found = new Set<string>();
	for (const { sentences } of readBrownTexts()) {
		for (const sentence of sentences) {
			for (const [word] of sentence) if (isWord(word)) found.add(word);
		}
	}
	const outer = hashSplit([...found].sort(), { key: (word) => word, fraction: 0.1 });
	const inner = hashSplit(outer.train, {
		key: (word) => word,
		fraction: 0.02,
		seed: hashText("validation"),
	});
	return { train: inner.train, dev: inner.heldOut, test: outer.heldOut };
}

/** Whether it can be drawn and read: 2 to 6 small letters. */
export function isWord(word: string): boolean {
	return /^[a-z]+$/.test(word) && word.length >= wordLengths.min && word.length <= wordLengths.max;
}
