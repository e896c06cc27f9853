import type * as tf from "@tensorflow/tfjs-core";
import type { PairBatch } from "../text/batch-pairs.ts";
import { toTensors } from "../text/pad-batch.ts";

/** Source sentences as ids. */
export interface SourceBatch {
	/** int32 `[batch, source]`. */
	readonly source: tf.Tensor2D;
	/** Valid tokens per row, int32 `[batch]`. */
	readonly sourceLengths: tf.Tensor1D;
}

/** Pairs of sentences as ids. */
export interface Seq2SeqBatch extends SourceBatch {
	/** From BOS to EOS, int32 `[batch, target]`. */
	readonly target: tf.Tensor2D;
	/** Valid tokens per row, BOS and EOS counted, int32 `[batch]`. */
	readonly targetLengths: tf.Tensor1D;
}

/** The tensors of a batch of `batchPairs` or `padPairs`; the caller disposes them. */
export function toSeq2SeqBatch(batch: Pick<PairBatch, "source" | "target">): Seq2SeqBatch {
	const source = toTensors(batch.source);
	const target = toTensors(batch.target);
	return {
		source: source.ids,
		sourceLengths: source.lengths,
		target: target.ids,
		targetLengths: target.lengths,
	};
}
