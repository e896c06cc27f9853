const named = new Map([
	[" ", "·"],
	["\n", "⏎"],
	["\t", "⇥"],
	["\r", "␍"],
	["\u00a0", "⍽"],
]);

/**
 * What must not reach a terminal or a page as it is: control characters, other white space and line separators, the
 * marks that turn the direction of the text around them, invisible format characters, and halves of surrogate pairs.
 * The joiners of emoji and of Indic and Arabic scripts stay.
 */
const hidden =
	/[\p{Cc}\p{Cs}\p{Zs}\p{Zl}\p{Zp}\u061c\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/**
 * A token as one can see it: spaces become `·`, line ends `⏎`, control characters and other invisible ones their code
 * (`\u{1b}`), and the empty token `∅`. Everything else stays as it is.
 */
export function visibleToken(token: string): string {
	if (token === "") return "∅";
	return token.replace(hidden, (character) => named.get(character) ?? codeOf(character));
}

/** Text of a heading or a sentence: its spaces stay, the rest as in {@link visibleToken}. */
export function visibleText(text: string): string {
	return text.replace(hidden, (character) => (character === " " ? character : codeOf(character)));
}

const codeOf = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
