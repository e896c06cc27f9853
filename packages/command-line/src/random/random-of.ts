import { mixBits } from "@heed/core";

/** Numbers that look random and follow from a key alone. */
export interface Random {
	/** A number from 0, below 1. */
	next(): number;
	/** A number from `low`, below `high`. */
	between(low: number, high: number): number;
	/** A whole number from 0, below `count`. */
	below(count: number): number;
	/** True with this probability. */
	chance(probability: number): boolean;
	/** One of them. */
	pick<Item>(items: readonly Item[]): Item;
	/** Some of them, each at most once, in random order. */
	sample<Item>(items: readonly Item[], count: number): Item[];
}

/** Steps of the golden ratio: keys and counts that are neighbours come to lie far apart. */
const goldenStep = 0x9e3779b9;

/**
 * Numbers that follow from a key alone: whatever else is drawn, and in whatever order, the same key gives the same numbers.
 *
 * @param key Whole numbers and names, such as a seed, an epoch and the place of a picture.
 */
export function randomOf(...key: readonly (number | string)[]): Random {
	const start = key
		.flatMap((part) => (typeof part === "number" ? [part] : [part.length, ...Buffer.from(part)]))
		.reduce((hash, number) => mixBits(hash ^ mixBits(number + goldenStep)), 0);
	let count = 0;
	const next = (): number => mixBits(start + Math.imul(++count, goldenStep)) / 2 ** 32;
	const below = (size: number): number => Math.floor(size * next());
	return {
		next,
		below,
		between: (low, high) => low + (high - low) * next(),
		chance: (probability) => next() < probability,
		pick: (items) => {
			if (items.length === 0) throw new RangeError("there is nothing to pick from");
			return items[below(items.length)] as (typeof items)[number];
		},
		sample: (items, size) => {
			const left = [...items];
			return Array.from(
				{ length: Math.min(size, left.length) },
				() => left.splice(below(left.length), 1)[0] as (typeof left)[number],
			);
		},
	};
}
