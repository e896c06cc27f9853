import { visibleText, visibleToken } from "../visible-token.ts";

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

/** The same for a token, whose white space is made visible too. */
export function escapeToken(token: string): string {
	return escapeXml(visibleToken(token));
}
