import {
	batchOrder,
	copyFields,
	type EncodedPair,
	padBatch,
	padPairs,
	type Seq2SeqBatch,
	type SourceBatch,
	toSeq2SeqBatch,
	toTensors,
} from "@heed/nlp";
import type { BatchSource } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import type { Copyable } from "./copyable.ts";

/** A pair as ids. */
export interface TrainingPair extends EncodedPair {
	/** What can be copied from the source: of all pairs, for a model that copies, or of none. */
	readonly copies?: Copyable;
}

/** Pairs as tensors, for a step of training. */
export interface PairBatch extends Seq2SeqBatch {
	/** How many target tokens are predicted, all but the first of each: the weight of the batch's mean loss. */
	readonly predicted: number;
}

/** Runs of so many batches are sorted by length, so that pairs of a batch need little padding. */
const bucketBatches = 20;

/**
 * The batches of a training: in every epoch other pairs stand together, and all that is drawn is a function of the seed
 * and the epoch.
 */
export function trainingBatches(pairs: readonly TrainingPair[], batchSize: number): BatchSource<PairBatch> {
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
		batch: (place) => pairBatch(pairs, indices(place)),
	};
}

/** The batches of a validation: always the same, sorted by length. */
export function validationBatches(pairs: readonly TrainingPair[], batchSize: number): BatchSource<PairBatch> {
	const order = batchOrder(pairs.map(lengthOf), { batchSize, bucketBatches: 0 });
	return {
		batches: order.length,
		size: ({ index }) => order[index]?.length ?? 0,
		batch: ({ index }) => pairBatch(pairs, order[index] ?? []),
	};
}

/** The chosen pairs as tensors; the caller disposes them. */
export function pairBatch(pairs: readonly TrainingPair[], indices: readonly number[]): PairBatch {
	const copies = indices.map((index) => pairs[index]?.copies).filter((copy) => copy !== undefined);
	const batch = toSeq2SeqBatch(padPairs(pairs, indices), copies.length > 0 ? copies : undefined);
	const predicted = indices.reduce((sum, index) => sum + (pairs[index]?.target.length ?? 1) - 1, 0);
	return { ...batch, predicted };
}

/** Sources as tensors; {@link disposeBatch} frees them. */
export function sourceBatch(rows: readonly (readonly number[])[], copies?: readonly Copyable[]): SourceBatch {
	const padded = padBatch(rows);
	const copied = copies && copyFields(copies, padded.shape);
	const { ids, lengths } = toTensors(padded);
	return { source: ids, sourceLengths: lengths, ...copied };
}

/** Frees what {@link pairBatch} or {@link sourceBatch} made. */
export function disposeBatch(batch: SourceBatch): void {
	tf.dispose({ ...batch } as tf.TensorContainer);
}

function lengthOf({ source, target }: EncodedPair): number {
	return source.length + target.length;
}
