import { type BrownText, readBrownTexts, type TaggedWord } from "@heed/command-line/brown";
import type { Pair } from "./pair.ts";

/** Words and marks of a sentence; long ones take long to learn from. */
const longest = 24;
const shortest = 5;
/** What is cut has at most so many words. */
const longestCut = 10;

/**
 * Pairs of a sentence of the Brown corpus and the same without what a reader can do without: what is in brackets, and what
 * stands between commas behind a noun, if it is a name or a description, or begins with who or which. A rule cuts, by the
 * parts of speech that the corpus has: nobody wrote these simplifications. As many sentences again have nothing to cut,
 * and are the same on both sides.
 *
 * @throws UserError when the corpus is not installed.
 */
export function simplifiedBrown(texts: readonly BrownText[] = readBrownTexts()): Pair[] {
	const all = texts
		.flatMap(({ sentences }) => sentences)
		.filter(({ length }) => length >= shortest && length <= longest)
		.map((sentence) => ({ sentence, kept: cutAsides(sentence) }))
		.filter(({ kept }) => kept.length >= shortest);
	const cut = all.filter(({ sentence, kept }) => kept.length < sentence.length);
	const whole = all.filter(({ sentence, kept }) => kept.length === sentence.length);
	const some = cut.map((_, i) => whole[Math.floor((i * whole.length) / cut.length)]);
	return [...cut, ...some]
		.filter((pair) => pair !== undefined)
		.map(({ sentence, kept }) => ({ source: textOf(sentence), target: textOf(kept) }));
}

/** A sentence without its asides. */
export function cutAsides(sentence: readonly TaggedWord[]): readonly TaggedWord[] {
	for (let start = 1; start < sentence.length; start++) {
		const end = endOfAside(sentence, start);
		if (end > start) return cutAsides([...sentence.slice(0, start), ...sentence.slice(end)]);
	}
	return sentence;
}

/** Where the aside ends that begins at `start`, behind its last mark; `start` if none begins there. */
function endOfAside(sentence: readonly TaggedWord[], start: number): number {
	const [opening = ""] = sentence[start] ?? [];
	const closing = opening === "(" ? /^\)$/u : opening === "," ? /^[,.?!]$/u : undefined;
	if (closing === undefined) return start;
	const length = sentence.slice(start + 1).findIndex(([word]) => closing.test(word));
	const end = start + 1 + length;
	const inside = sentence.slice(start + 1, end).map(([, tag]) => plain(tag));
	if (length < 1 || length > longestCut) return start;
	if (opening === "(") return end + 1;
	const before = plain(sentence[start - 1]?.[1] ?? "");
	if (!/^n[np]/u.test(before)) return start;
	const [first = ""] = inside;
	const isClause = /^w(ps|dt|p\$|po)/u.test(first) && inside.some(isVerb);
	const isName =
		/^(at|pp\$|n[np]|jj|ap)/u.test(first) &&
		inside.some((tag) => /^n[np]/u.test(tag)) &&
		!inside.some((tag) => isVerb(tag) || /^(cc|cs)/u.test(tag)) &&
		!isOfList(sentence, start, end);
	if (!isClause && !isName) return start;
	// The comma behind goes with it, the mark at the end of the sentence stays.
	return sentence[end]?.[0] === "," ? end + 1 : end;
}

/** `Ann, Bob, and Cid`: between commas, but no aside. */
function isOfList(sentence: readonly TaggedWord[], start: number, end: number): boolean {
	const comma = (at: number): boolean => sentence[at]?.[0] === ",";
	const around = sentence.slice(end + 1, end + 2).map(([, tag]) => plain(tag));
	const commas = sentence.filter(([word]) => word === ",").length;
	return (comma(end) && /^(cc|n[np]|at)/u.test(around[0] ?? "")) || commas > 2 || comma(start - 1);
}

function isVerb(tag: string): boolean {
	return /^(vb|be|hv|do|md)/u.test(tag);
}

/** The tag without the marks of headlines, titles and foreign words. */
function plain(tag: string): string {
	return tag.replace(/-(?:hl|tl|nc)/gu, "").replace(/^fw-/u, "");
}

/** Words and marks as they are written: one `?` where the corpus has two, and one full stop behind `Mass.`. */
function textOf(sentence: readonly TaggedWord[]): string {
	const words = sentence.map(([word]) => word);
	return words
		.filter((word, i) => !/^[.?!;]$/u.test(word) || !(words[i - 1] ?? "").endsWith(word))
		.join(" ")
		.replace(/ (?=[,.?!;:)])| ?(?='')/gu, "")
		.replace(/(?<=\() |(?<=``) /gu, "")
		.replace(/``|''/gu, '"');
}
