import stringWidth from "string-width";
import { isolate } from "./isolate.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Nobody reads more of a line, and measuring takes longer than the text does. */
const longest = 1000;

/** The first {@link longest} code units, less one where that would cut a surrogate pair. */
function beginning(text: string): string {
	if (text.length <= longest) return text;
	const last = text.charCodeAt(longest - 1);
	return text.slice(0, last >= 0xd800 && last < 0xdc00 ? longest - 1 : longest);
}

/**
 * How many columns a text takes in a monospaced font: 2 for CJK and most emoji, 0 for combining marks. Of a very long
 * text, what its beginning takes.
 */
export function displayWidth(text: string): number {
	return stringWidth(beginning(text));
}

/** The characters as people see them: a base with its marks, a joined emoji, a flag. Of a very long text, its beginning. */
export function graphemes(text: string): string[] {
	return Array.from(segmenter.segment(beginning(text)), ({ segment }) => segment);
}

/** The text, cut with `…` where it is wider than `width` columns. */
export function truncate(text: string, width: number): string {
	if (text.length <= longest && displayWidth(text) <= width) return text;
	let result = "";
	let used = 0;
	for (const grapheme of graphemes(text)) {
		const next = displayWidth(grapheme);
		if (used + next > width - 1) break;
		result += grapheme;
		used += next;
	}
	return width > 0 ? `${result}…` : "";
}

/** The text in exactly `width` columns, at the left or at the right of them. */
export function pad(text: string, width: number, side: "left" | "right" = "left"): string {
	const cut = truncate(text, width);
	const space = " ".repeat(Math.max(0, width - displayWidth(cut)));
	return side === "left" ? isolate(cut) + space : space + isolate(cut);
}
