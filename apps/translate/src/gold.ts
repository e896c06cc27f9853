import type { AlignmentLink } from "@heed/nlp";
import type { Copyable } from "./copyable.ts";

/** Which tokens of a text and its translation belong together. */
export interface GoldLinks {
	readonly sure: readonly AlignmentLink[];
	/** The sure ones count as possible whether they are here or not. */
	readonly possible: readonly AlignmentLink[];
}

/** A text and its translation as ids, with the links that people or a program found. */
export interface GoldPair extends GoldLinks {
	/** Ids with their end. */
	readonly source: readonly number[];
	/** Ids from `bos` to `eos`. */
	readonly target: readonly number[];
	readonly copies?: Copyable;
	/** For each source id but the end: which token of the links it is part of. */
	readonly sourceTokens: readonly number[];
	/** For each target id but `bos` and `eos`; `undefined` for one that is not asked. */
	readonly targetTokens: readonly (number | undefined)[];
}
