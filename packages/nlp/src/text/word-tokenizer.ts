import { checkOptions } from "@heed/core";
import { checkText } from "../ops/check-given.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What {@link wordTokenizer} accepts. */
export interface WordTokenizerOptions {
	/** Lower-case the text first. Default false. */
	readonly lowercase?: boolean | undefined;
}

/** Stands at the side of a token where no space belongs; OpenNMT's joiner, U+FFED. */
export const joiner = "￭";

// A word: letters, marks and digits, with apostrophes and hyphens inside (don't, well-known). All else stands alone.
const pieces = /[\p{L}\p{M}\p{N}]+(?:['’‑-][\p{L}\p{M}\p{N}]+)*|[^\s]/gu;
const isWord = /^[\p{L}\p{M}\p{N}]/u;

/**
 * Words and punctuation, each a token of its own, for languages that put spaces between words.
 *
 * Where no space stood, the {@link joiner} is put at that side of the punctuation mark, so a word is the same token
 * wherever it stands, and joining the tokens again is exact:
 *
 *     Tom's "dog", isn't it?  →  Tom's  "￭  dog  ￭"  ￭,  isn't  it  ￭?
 *
 * Dropped: the kind and number of spaces, case with `lowercase`, and the composed or decomposed form of letters (the
 * text is brought into NFC). A joiner in the text itself becomes `■`.
 */
export function wordTokenizer(options: WordTokenizerOptions = {}): Tokenizer {
	checkOptions("wordTokenizer", options, ["lowercase"]);
	const { lowercase = false } = options;
	return {
		name: "word",
		tokenize(text) {
			checkText("wordTokenizer", "text", text);
			const composed = text.normalize("NFC").replaceAll(joiner, "■");
			const tokens: string[] = [];
			let end = -1;
			for (const { 0: piece, index } of (lowercase ? composed.toLowerCase() : composed).matchAll(pieces)) {
				const touches = index === end;
				end = index + piece.length;
				if (touches && isWord.test(piece)) tokens.push(`${tokens.pop()}${joiner}`, piece);
				else tokens.push(touches ? `${joiner}${piece}` : piece);
			}
			return tokens;
		},
		detokenize: (tokens) =>
			tokens.join(" ").replaceAll(` ${joiner}`, "").replaceAll(`${joiner} `, "").replaceAll(joiner, ""),
	};
}
