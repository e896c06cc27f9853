import type { GoldLinks } from "./gold.ts";

/** A text and its translation. */
export interface Pair {
	readonly source: string;
	readonly target: string;
	/** Which characters belong together, where that is known. */
	readonly links?: GoldLinks;
}

/** Pairs to learn from, and pairs to be judged by. */
export interface PairSplit {
	readonly train: readonly Pair[];
	readonly heldOut: readonly Pair[];
}
