import type { Vocabulary } from "@heed/nlp";
import { type FontFace, learnedFamilies, readFaces } from "./fonts/font-faces.ts";
import { some } from "./judge.ts";
import { type DrawnWord, drawEach } from "./model/word-batches.ts";
import type { RunSettings } from "./settings.ts";
import { smallLetters } from "./words/letters.ts";
import { readWords, type WordSplit } from "./words/read-words.ts";

/** What a training needs. */
export interface TaskData {
	readonly letters: Vocabulary;
	readonly words: WordSplit;
	/** What the words to learn from are drawn in. */
	readonly faces: readonly FontFace[];
	/** Pictures of words that are not learned from, which choose the epoch. */
	readonly dev: readonly DrawnWord[];
}

/** Seed of the pictures that choose the epoch. */
const devSeed = 1000;

/** The words and what they are drawn in. */
export function taskData({ heldOut }: RunSettings): TaskData {
	const words = readWords();
	const faces = readFaces(learnedFamilies);
	return {
		...{ letters: smallLetters(), words, faces },
		dev: drawEach(some(words.dev, heldOut), faces, devSeed),
	};
}
