import { batchOrder, type EncodedTagging, type TaggedBatch, toTaggedBatch } from "@heed/nlp";
import type { BatchSource } from "@heed/train";

/** Runs of so many batches are sorted by length, so that sentences of a batch need little padding. */
const bucketBatches = 20;

/**
 * The batches of a training: in every epoch other sentences stand together, and all that is drawn is a function of the seed
 * and the epoch.
 */
export function trainingBatches(
	sentences: readonly EncodedTagging[],
	batchSize: number,
): BatchSource<TaggedBatch> {
	const lengths = sentences.map(({ words }) => words.length);
	let known: { readonly key: string; readonly order: number[][] } | undefined;
	const indices = ({ seed, epoch, index }: { seed: number; epoch: number; index: number }): number[] => {
		const key = `${seed} ${epoch}`;
		if (known?.key !== key) {
			known = { key, order: batchOrder(lengths, { batchSize, seed, epoch, bucketBatches }) };
		}
		return known.order[index] ?? [];
	};
	return {
		batches: Math.ceil(sentences.length / batchSize),
		size: (place) => indices(place).length,
		batch: (place) => toBatch(sentences, indices(place)),
	};
}

/** The batches of a validation: always the same, sorted by length. */
export function validationBatches(
	sentences: readonly EncodedTagging[],
	batchSize: number,
): BatchSource<TaggedBatch> {
	const order = batchOrder(
		sentences.map(({ words }) => words.length),
		{ batchSize, bucketBatches: 0 },
	);
	return {
		batches: order.length,
		size: ({ index }) => order[index]?.length ?? 0,
		batch: ({ index }) => toBatch(sentences, order[index] ?? []),
	};
}

/** The number of words of a batch: the weight of its mean loss. */
export function countWords({ lengths }: TaggedBatch): number {
	return lengths.dataSync<"int32">().reduce((sum, length) => sum + length, 0);
}

function toBatch(sentences: readonly EncodedTagging[], indices: readonly number[]): TaggedBatch {
	return toTaggedBatch(indices.map((index) => sentences[index]).filter((sentence) => sentence !== undefined));
}
