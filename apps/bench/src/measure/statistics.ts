/** Middle and spread of some measured times. */
export interface Spread {
	readonly median: number;
	/** The first quartile: a quarter of the values are below. */
	readonly lower: number;
	/** The third quartile. */
	readonly upper: number;
}

/** Median and quartiles, which a few disturbed runs do not move. */
export function spreadOf(values: readonly number[]): Spread {
	const sorted = [...values].sort((a, b) => a - b);
	return { lower: quantile(sorted, 0.25), median: quantile(sorted, 0.5), upper: quantile(sorted, 0.75) };
}

/** Between two values in proportion, as NumPy and R (type 7) do. */
function quantile(sorted: readonly number[], share: number): number {
	const place = (sorted.length - 1) * share;
	const [below = Number.NaN, above = below] = sorted.slice(Math.floor(place));
	return below + (above - below) * (place - Math.floor(place));
}
