import { checkNumber, checkOptions, HeedError } from "@heed/core";
import { checkList } from "../ops/check-given.ts";
import { hashText } from "./hash-text.ts";
import { type PaddedBatch, padRows } from "./pad-batch.ts";

/** A sentence and its translation as ids. */
export interface EncodedPair {
	readonly source: ArrayLike<number>;
	readonly target: ArrayLike<number>;
}

/** What {@link batchPairs} accepts. */
export interface BatchPairsOptions {
	/** Pairs per batch; the last batch may have fewer. */
	readonly batchSize: number;
	/** Shuffles the pairs; without a seed they keep their order. */
	readonly seed?: number | undefined;
	/** Another epoch is another order of the same seed. Default 0. */
	readonly epoch?: number | undefined;
	/**
	 * Put pairs of similar length together, so that less padding is computed: every run of this many batches is sorted
	 * by length, then the batches are shuffled. 1 (default) sorts nothing; 0 sorts all pairs.
	 */
	readonly bucketBatches?: number | undefined;
}

/** One batch of pairs, padded. */
export interface PairBatch {
	readonly source: PaddedBatch;
	readonly target: PaddedBatch;
	/** Which pairs these are: their indices in the input. */
	readonly indices: readonly number[];
}

/**
 * Pairs in batches, each padded to its own longest rows. With a seed, the order is a function of the seed and the
 * epoch alone, so that training can stop and go on anywhere. Use {@link batchOrder} where batches are made one by one.
 *
 * @throws HeedError `VALUE` for no pairs, `OPTION`.
 */
export function batchPairs(pairs: readonly EncodedPair[], options: BatchPairsOptions): PairBatch[] {
	checkList("batchPairs", "pairs", pairs);
	const lengths = pairs.map(({ source, target }) => source.length + target.length);
	return orderBatches("batchPairs", lengths, options).map((indices) =>
		padChosen("batchPairs", pairs, indices),
	);
}

/**
 * One batch of chosen pairs.
 *
 * @throws HeedError `VALUE` for an index that no pair has, or none at all.
 */
export function padPairs(pairs: readonly EncodedPair[], indices: ArrayLike<number>): PairBatch {
	checkList("padPairs", "pairs", pairs);
	checkList("padPairs", "indices", indices);
	return padChosen("padPairs", pairs, indices);
}

function padChosen(where: string, pairs: readonly EncodedPair[], indices: ArrayLike<number>): PairBatch {
	const chosen = Array.from(indices, (index) => {
		const pair = pairs[index];
		if (pair !== undefined) return pair;
		throw new HeedError("VALUE", where, `index is ${index}; expected 0 to ${pairs.length - 1}.`);
	});
	const pad = (part: "source" | "target"): PaddedBatch =>
		padRows(
			{ where, all: "indices", nameOf: (row) => `pairs[${indices[row]}].${part}` },
			chosen.map((pair) => pair[part]),
		);
	return { source: pad("source"), target: pad("target"), indices: Array.from(indices) };
}

/**
 * Which items go into which batch.
 *
 * @param lengths What an item costs, for instance the number of its tokens.
 * @throws HeedError `VALUE` for no items, `OPTION`.
 */
export function batchOrder(lengths: readonly number[], options: BatchPairsOptions): number[][] {
	return orderBatches("batchOrder", lengths, options);
}

function orderBatches(where: string, lengths: readonly number[], options: BatchPairsOptions): number[][] {
	checkOptions(where, options, ["batchSize", "seed", "epoch", "bucketBatches"]);
	const { batchSize, seed, epoch = 0, bucketBatches = 1 } = options;
	checkNumber(where, "batchSize", batchSize, { integer: true, min: 1 });
	checkNumber(where, "epoch", epoch, { integer: true, min: 0 });
	checkNumber(where, "bucketBatches", bucketBatches, { integer: true, min: 0 });
	if (seed !== undefined) checkNumber(where, "seed", seed, { integer: true, min: 0 });
	checkList(where, "lengths", lengths);
	if (lengths.length === 0)
		throw new HeedError("VALUE", where, "nothing came to put into batches; expected at least one.");

	const shuffle = (size: number, purpose: string): number[] => {
		const order = Array.from({ length: size }, (_, i) => i);
		if (seed === undefined) return order;
		const keys = order.map((i) => hashText(`${purpose} ${epoch} ${i}`, seed));
		return order.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
	};

	const order = shuffle(lengths.length, "pair");
	if (bucketBatches === 1) return chunk(order, batchSize);
	const batches = chunk(order, bucketBatches === 0 ? order.length : bucketBatches * batchSize).flatMap(
		(run) => {
			run.sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0)); // stable: ties keep the seeded order
			return chunk(run, batchSize);
		},
	);
	return shuffle(batches.length, "batch").map((i) => batches[i] ?? []);
}

function chunk(items: readonly number[], size: number): number[][] {
	return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
		items.slice(i * size, (i + 1) * size),
	);
}
