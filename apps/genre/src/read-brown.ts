import { readBrownTexts, type TaggedWord } from "@heed/command-line/brown";
import type { LabelledDocument } from "./document.ts";
import { wordsOf } from "./split-text.ts";

/** The genre of a text by the second letter of its file, as CONTENTS of the corpus has it; there are no I, O and Q. */
export const brownGenres: Readonly<Record<string, string>> = {
	a: "reportage",
	b: "editorial",
	c: "reviews",
	d: "religion",
	e: "hobbies",
	f: "lore",
	g: "belles lettres",
	h: "government",
	j: "learned",
	k: "fiction",
	l: "mystery",
	m: "science fiction",
	n: "adventure",
	p: "romance",
	r: "humor",
};

/**
 * The 500 texts of the Brown corpus with their genres.
 *
 * @throws UserError when the package is not installed.
 */
export function readBrown(): LabelledDocument[] {
	return readBrownTexts().map(({ name, sentences }) => ({
		id: name,
		key: name,
		label: brownGenres[name.charAt(1)] ?? "",
		sentences: sentences.map(plainSentence),
	}));
}

/**
 * The words of a sentence as they would come from an ordinary text: with `"` for the quotes of the corpus, and one `;`, `?` or `!`
 * where it has two, a trace of how it was typed.
 */
export function plainSentence(pairs: readonly TaggedWord[]): string[] {
	const plain = pairs
		.map(([word]) => (word === "``" || word === "''" ? '"' : word))
		.filter((word, i, words) => !(/^[;?!]$/u.test(word) && word === words[i - 1]));
	return wordsOf(plain.join(" "));
}
