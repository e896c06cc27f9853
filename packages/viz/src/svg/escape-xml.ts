import { truncate } from "../display-width.ts";
import { visibleText } from "../visible-token.ts";

const entities: Record<string, string> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&#39;",
};

/** Text that can stand anywhere in HTML or SVG, inside quotes or not. Control characters are made visible first. */
export function escapeXml(text: string): string {
	return visibleText(text).replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** The content of a `<text>`: what fits into `width` columns, and the whole when pointed at where that is less. */
export function shortText(
	text: string,
	width: number,
	visible: (text: string) => string = visibleText,
): string {
	const whole = visible(text);
	const short = truncate(whole, width);
	return short === whole ? escapeXml(short) : `${escapeXml(short)}<title>${escapeXml(whole)}</title>`;
}
