import { batchOrder, type EncodedPair, padPairs, type Seq2SeqBatch, toSeq2SeqBatch } from "@heed/nlp";
import type { BatchSource } from "@heed/train";

/** Runs of so many batches are sorted by length, so that pairs of a batch need little padding. */
const bucketBatches = 20;

/**
 * The batches of a training: in every epoch other pairs stand together, and all that is drawn is a function of the seed
 * and the epoch.
 */
export function trainingBatches(pairs: readonly EncodedPair[], batchSize: number): BatchSource<Seq2SeqBatch> {
	const lengths = pairs.map(lengthOf);
	let known: { readonly key: string; readonly order: number[][] } | undefined;
	const indices = ({ seed, epoch, index }: { seed: number; epoch: number; index: number }): number[] => {
		const key = `${seed} ${epoch}`;
		if (known?.key !== key) {
			known = { key, order: batchOrder(lengths, { batchSize, seed, epoch, bucketBatches }) };
		}
		return known.order[index] ?? [];
	};
	return {
		batches: Math.ceil(pairs.length / batchSize),
		size: (place) => indices(place).length,
		batch: (place) => toSeq2SeqBatch(padPairs(pairs, indices(place))),
	};
}

/** The batches of a validation: always the same, sorted by length. */
export function validationBatches(
	pairs: readonly EncodedPair[],
	batchSize: number,
): BatchSource<Seq2SeqBatch> {
	const order = batchOrder(pairs.map(lengthOf), { batchSize, bucketBatches: 0 });
	return {
		batches: order.length,
		size: ({ index }) => order[index]?.length ?? 0,
		batch: ({ index }) => toSeq2SeqBatch(padPairs(pairs, order[index] ?? [])),
	};
}

/** The number of target tokens that are predicted in a batch: the weight of its mean loss. */
export function predictedTokens({ targetLengths }: Seq2SeqBatch): number {
	return targetLengths.dataSync<"int32">().reduce((sum, length) => sum + length - 1, 0);
}

function lengthOf({ source, target }: EncodedPair): number {
	return source.length + target.length;
}
