import { checkChoice, checkOptions } from "@heed/core";
import { checkText } from "../ops/check-given.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What {@link characterTokenizer} accepts. */
export interface CharacterTokenizerOptions {
	/**
	 * `codePoint` (default): every Unicode code point is a token, the same on every machine. `grapheme`: what a reader
	 * takes for one character (a letter with its marks, an emoji with its modifiers), which depends on the Unicode
	 * version of the host.
	 */
	readonly unit?: "codePoint" | "grapheme" | undefined;
	/** Lower-case the text first. Default false. */
	readonly lowercase?: boolean | undefined;
}

/**
 * One token per character, spaces included. The text is first brought into Unicode's composed form (NFC), so that `é`
 * is one token however it was typed.
 */
export function characterTokenizer(options: CharacterTokenizerOptions = {}): Tokenizer {
	const where = "characterTokenizer";
	checkOptions(where, options, ["unit", "lowercase"]);
	const { unit = "codePoint", lowercase = false } = options;
	checkChoice(where, "unit", unit, ["codePoint", "grapheme"]);
	const segmenter = unit === "grapheme" ? new Intl.Segmenter("en", { granularity: "grapheme" }) : undefined;
	return {
		name: unit,
		tokenize(text) {
			checkText("characterTokenizer", "text", text);
			const composed = text.normalize("NFC");
			const cased = lowercase ? composed.toLowerCase() : composed;
			if (segmenter === undefined) return [...cased];
			return Array.from(segmenter.segment(cased), ({ segment }) => segment);
		},
		detokenize: (tokens) => tokens.join(""),
	};
}
