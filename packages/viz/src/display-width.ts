import stringWidth from "string-width";
import { isolate } from "./isolate.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** How many columns a text takes in a monospaced font: 2 for CJK and most emoji, 0 for combining marks. */
export function displayWidth(text: string): number {
	return stringWidth(text);
}

/** The characters as people see them: a base with its marks, a joined emoji, a flag. */
export function graphemes(text: string): string[] {
	return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The text, cut with `…` where it is wider than `width` columns. */
export function truncate(text: string, width: number): string {
	if (displayWidth(text) <= width) return text;
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
