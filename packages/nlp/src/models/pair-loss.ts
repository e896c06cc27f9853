import { checkNumber, checkOptions } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { liveSteps } from "../recurrent/recurrent-encoder.ts";
import type { Seq2SeqBatch } from "./seq2seq-batch.ts";
import { sequenceLoss } from "./sequence-loss.ts";

/** What the loss of a model of pairs accepts that learns from nothing but the cross entropy of its logits. */
export interface PairLossOptions {
	readonly labelSmoothing?: number | undefined;
	readonly trainingSeed?: number | undefined;
}

/** Refuses options that a loss does not have, or that are out of range. */
export function checkPairLossOptions(where: string, options: PairLossOptions): void {
	checkOptions(where, options, ["labelSmoothing", "trainingSeed"]);
	const { labelSmoothing = 0, trainingSeed } = options;
	checkNumber(where, "labelSmoothing", labelSmoothing, { min: 0, max: 1 });
	if (trainingSeed !== undefined) {
		checkNumber(where, "trainingSeed", trainingSeed, { integer: true, min: 0 });
	}
}

/**
 * The mean cross entropy per target token that counts, BOS left out.
 *
 * @param logits Of every target token but the first, `[batch, target − 1, classes]`.
 */
export function pairLoss(
	logits: tf.Tensor3D,
	{ target, targetLengths }: Seq2SeqBatch,
	labelSmoothing = 0,
): tf.Scalar {
	const [size, length] = target.shape;
	const labels = tf.slice(target, [0, 1], [size, length - 1]); // [B, T]
	const counted = tf.sub(targetLengths, tf.scalar(1, "int32")) as tf.Tensor1D;
	const live = tf.transpose(liveSteps(counted, length - 1)); // [B, T]
	return crossEntropy(logits, labels, live, labelSmoothing);
}

/** The mean over the tokens that count; logits `[T, B, V]` with labels and live `[T, B]`, or all of them by row, `[B, T, …]`. */
export function crossEntropy(
	logits: tf.Tensor3D,
	labels: tf.Tensor2D,
	live: tf.Tensor2D,
	labelSmoothing: number,
): tf.Scalar {
	const rows: tf.Tensor2D = tf.reshape(logits, [labels.size, logits.shape[2]]);
	const options = { live: tf.reshape(live, [-1]) as tf.Tensor1D, labelSmoothing };
	return sequenceLoss(rows, tf.reshape(labels, [-1]), options);
}
