/** A text and its translation. */
export interface Pair {
	readonly source: string;
	readonly target: string;
}

/** Pairs to learn from, and pairs to be judged by. */
export interface PairSplit {
	readonly train: readonly Pair[];
	readonly heldOut: readonly Pair[];
}
