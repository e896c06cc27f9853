import { checkNumber, checkOptions, HeedError } from "@heed/core";
import { checkList } from "../ops/check-given.ts";
import { hashText } from "./hash-text.ts";

/** What {@link hashSplit} accepts. */
export interface HashSplitOptions<Item> {
	/** The text that decides: items of the same key are never on both sides. */
	readonly key: (item: Item) => string;
	/** The share of keys to hold out, between 0 and 1. Default 0.1. */
	readonly fraction?: number | undefined;
	/** Another seed holds out other keys. Default 0. */
	readonly seed?: number | undefined;
}

/** The two sides of {@link hashSplit}, each in the order of the input. */
export interface HashSplit<Item> {
	readonly train: Item[];
	readonly heldOut: Item[];
}

/**
 * Splits by a hash of a key, for instance of the source sentence, so that a sentence with several translations is
 * wholly on one side. A key is on the same side whatever else the data hold: adding or dropping lines moves no other
 * line. The share is met on average, not exactly.
 */
export function hashSplit<Item>(items: Iterable<Item>, options: HashSplitOptions<Item>): HashSplit<Item> {
	const where = "hashSplit";
	checkOptions(where, options, ["key", "fraction", "seed"]);
	const { key, fraction = 0.1, seed = 0 } = options;
	checkNumber(where, "fraction", fraction, { min: 0, max: 1 });
	checkNumber(where, "seed", seed, { integer: true, min: 0 });
	checkList(where, "items", items);
	if (typeof key !== "function") {
		const message = `\`key\` is ${String(key)}; expected a function that gives the text to hash.`;
		throw new HeedError("OPTION", where, message);
	}
	const split: HashSplit<Item> = { train: [], heldOut: [] };
	for (const item of items) {
		const held = hashText(key(item), seed) < fraction * 2 ** 32;
		(held ? split.heldOut : split.train).push(item);
	}
	return split;
}
