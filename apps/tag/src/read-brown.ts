import { readBrownTexts, type TaggedWord } from "@heed/command-line/brown";
import type { TaggedSentence } from "./tagged-sentence.ts";

/**
 * The sentences of the Brown corpus, each word with a part of speech. See {@link plainTag} for the tags.
 *
 * @throws UserError when the package is not installed.
 */
export function readBrown(): TaggedSentence[] {
	return readBrownTexts().flatMap(({ sentences }) => sentences.map(taggedSentence));
}

/** A sentence of the corpus with plain tags. */
export function taggedSentence(pairs: readonly TaggedWord[]): TaggedSentence {
	return { words: pairs.map(([word]) => word), tags: pairs.map(([, tag]) => plainTag(tag)) };
}

/**
 * A tag without the marks that are no part of speech: headline (`-hl`), title (`-tl`), citation (`-nc`) and foreign (`fw-`).
 * 473 tags become 190.
 */
export function plainTag(tag: string): string {
	return tag.replace(/-(?:hl|tl|nc)/gu, "").replace(/^fw-(?=.)/u, "");
}
