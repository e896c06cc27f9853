import { joiner, wordTokenizer } from "@heed/nlp";

const tokenizer = wordTokenizer();
const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** Words and punctuation of a text, each alone. */
export function wordsOf(text: string): string[] {
	return tokenizer.tokenize(text).map((token) => token.replaceAll(joiner, ""));
}

/**
 * The words of each sentence of a text, in the rules of Unicode, which take `Mr.` for an end too. A blank line ends a sentence, a
 * single line break does not.
 */
export function sentencesOf(text: string): string[][] {
	const paragraphs = text.split(/\r?\n\s*\n/u).map((paragraph) => paragraph.replace(/\s+/gu, " "));
	return paragraphs
		.flatMap((paragraph) => Array.from(segmenter.segment(paragraph), ({ segment }) => wordsOf(segment)))
		.filter((words) => words.length > 0);
}
