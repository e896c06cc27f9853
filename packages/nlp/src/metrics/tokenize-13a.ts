import { checkText } from "../ops/check-given.ts";

/**
 * The tokens that the BLEU of the machine-translation shared tasks counts: `mteval-v13a.pl`, in the form that
 * sacreBLEU gave it ("A Call for Clarity in Reporting BLEU Scores", 2018, https://arxiv.org/abs/1804.08771).
 * Punctuation of ASCII stands alone; a period or comma does so unless it is between digits; a dash does so after a
 * digit. It is made for Latin scripts: text without spaces between words needs a tokeniser of its own.
 */
export function tokenize13a(text: string): string[] {
	checkText("tokenize13a", "text", text);
	return splitSpaces(
		` ${unescapeMarkup(text)} `
			.replace(/([{-~[-` -&(-+:-@/])/g, " $1 ")
			.replace(/([^0-9])([.,])/gu, "$1 $2 ")
			.replace(/([.,])([^0-9])/gu, " $1 $2")
			.replace(/([0-9])(-)/g, "$1 $2 "),
	);
}

/**
 * Words between white space, which is how already tokenised text is counted. White space is what Python's `str.split`
 * takes for it, as the reference does: U+0085 and the separators U+001C to U+001F too, the byte order mark U+FEFF not.
 */
export function splitSpaces(text: string): string[] {
	return text.split(whiteSpace).filter((word) => word !== "");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: Python takes these separators for white space.
const whiteSpace = /(?:(?!\ufeff)[\s\u0085\u001c-\u001f])+/u;

function unescapeMarkup(text: string): string {
	return text
		.replaceAll("<skipped>", "")
		.replaceAll("-\n", "")
		.replaceAll("\n", " ")
		.replaceAll("&quot;", '"')
		.replaceAll("&amp;", "&")
		.replaceAll("&lt;", "<")
		.replaceAll("&gt;", ">");
}
