/** Marks that stand alone where a word ends. A point inside a number or an abbreviation stays where it is. */
const mark = /([.,;:!?"“”()]+)(?=\s|$)/gu;
const opening = /(^|\s)(["“(]+)/gu;

/** The words and marks of a text, in lower case: `Mary went home.` gives `mary went home .` */
export function tokensOf(text: string): string[] {
	return text
		.normalize("NFC")
		.toLowerCase()
		.replace(opening, "$1$2 ")
		.replace(mark, " $1 ")
		.split(/\s+/u)
		.filter((token) => token !== "");
}

/** The one word of an answer or a candidate: the first, if a mark stands behind it. */
export function wordOf(text: string): string {
	return tokensOf(text)[0] ?? "";
}
