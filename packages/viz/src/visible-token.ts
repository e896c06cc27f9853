const named = new Map([
	[" ", "·"],
	["\n", "⏎"],
	["\t", "⇥"],
	["\r", "␍"],
	["\u00a0", "⍽"],
]);

/**
 * What must not reach a terminal or a page as it is: control characters, other white space and line separators, halves
 * of surrogate pairs, what Unicode calls no character (XML forbids U+FFFE), and everything that cannot be seen, such as
 * marks that turn the direction of the text around them, fillers and tags.
 *
 * The first two choices match what stays of that: joiners between two letters or emoji, as Indic and Arabic scripts and
 * families need them, and one variation selector after what it varies.
 */
const hidden =
	/(?<=(?!\p{DI})[\p{L}\p{M}\p{ExtPict}\p{EMod}]\ufe0f?)[\u200c\u200d](?=(?!\p{DI})[\p{L}\p{ExtPict}])|(?<=(?!\p{DI})[^\p{C}\p{Z}])[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]|([\p{Cc}\p{Cs}\p{Zs}\p{Zl}\p{Zp}\p{DI}\p{NChar}\u2800\ufff9-\ufffb])/gu;

/** No script stacks more marks on one letter; text that climbs over its neighbours does. */
const stacked = /(\p{M}{6})\p{M}+/gu;

/**
 * A token as one can see it: spaces become `·`, line ends `⏎`, control characters and other invisible ones their code
 * (`\u{1b}`), a mark without a letter stands on `◌`, and the empty token is `∅`. Everything else stays as it is.
 */
export function visibleToken(token: string): string {
	if (token === "") return "∅";
	return show(token, (character) => named.get(character) ?? codeOf(character));
}

/** Text of a heading or a sentence: its spaces stay, the rest as in {@link visibleToken}. */
export function visibleText(text: string): string {
	return show(text, (character) => (character === " " ? character : codeOf(character)));
}

function show(text: string, name: (character: string) => string): string {
	return text
		.replace(hidden, (match: string, unseen: string | undefined) =>
			unseen === undefined ? match : name(unseen),
		)
		.replace(stacked, "$1…")
		.replace(/^\p{M}/u, "◌$&");
}

const codeOf = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
