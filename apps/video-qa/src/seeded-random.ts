/** Random numbers that follow from a seed alone. */
export interface SeededRandom {
	/** A whole number, 0 to `count - 1`. */
	below(count: number): number;
	/** True with this probability. */
	chance(probability: number): boolean;
	/** One of them. */
	pick<Item>(items: readonly Item[]): Item;
	/** Some of them, each at most once, in random order. */
	sample<Item>(items: readonly Item[], count: number): Item[];
}

/** A generator (mulberry32) that starts at the same place for the same numbers. */
export function seededRandom(...seeds: readonly number[]): SeededRandom {
	let state = seeds.reduce((hash, seed) => scramble(hash ^ (seed >>> 0)), 0x9e3779b9);
	const next = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		return scramble(state) / 2 ** 32;
	};
	const below = (count: number): number => Math.floor(next() * count);
	return {
		below,
		chance: (probability) => next() < probability,
		pick<Item>(items: readonly Item[]): Item {
			return items[below(items.length)] as Item;
		},
		sample<Item>(items: readonly Item[], count: number): Item[] {
			const left = [...items];
			return Array.from({ length: Math.min(count, left.length) }, () =>
				left.splice(below(left.length), 1),
			).flat();
		},
	};
}

function scramble(value: number): number {
	let x = value >>> 0;
	x = Math.imul(x ^ (x >>> 15), x | 1);
	x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
	return (x ^ (x >>> 14)) >>> 0;
}
