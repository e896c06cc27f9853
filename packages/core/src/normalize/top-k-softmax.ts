import * as tf from "@tensorflow/tfjs-core";
import { checkNumber, checkOptions } from "../checks.ts";
import { softmaxRows } from "./masked-softmax.ts";
import { type NormalizerOptions, normalizeRows } from "./normalize-rows.ts";

/** Options of {@link topKSoftmax}. */
export interface TopKSoftmaxOptions extends NormalizerOptions {
	/** How many scores of a row keep weight, at most. */
	readonly k: number;
}

/**
 * Softmax over the `k` largest scores of each row; all others get exactly 0.
 *
 *     keep    = the k largest live scores; of equal ones those that come first
 *     weights = softmax(x) over keep, 0 elsewhere
 *
 * Exactly `k` scores are kept (fewer only where fewer are live), also when scores tie: a plain threshold would keep more.
 * The gradient is that of the softmax over the kept scores. A row with nothing live is all zeros.
 *
 * Zhao et al. 2019, Explicit Sparse Transformer, https://arxiv.org/abs/1912.11637
 *
 * When not to use it: where the number of relevant items varies; {@link entmax15} finds it.
 *
 * @param scores Float scores of any rank from 1.
 * @param options `k`, and optionally `axis` and `mask`.
 * @returns Weights in the scores' shape.
 * @throws HeedError if `k` is not a whole number from 1, or the mask or the axis does not fit the scores.
 */
export function topKSoftmax<T extends tf.Tensor>(scores: T, options: TopKSoftmaxOptions): T {
	checkOptions("topKSoftmax", options, ["k", "axis", "mask"]);
	const { k, ...rest } = options;
	checkNumber("topKSoftmax", "k", k, { integer: true, min: 1 });
	return normalizeRows("topKSoftmax", scores, rest, {
		forward: (rows) => {
			const keep = tf.cast(largest(rows, k), "float32");
			const exponentials = tf.mul(tf.exp(tf.sub(rows, tf.max(rows, -1, true))), keep);
			return tf.div(exponentials, tf.sum(exponentials, -1, true));
		},
		backward: softmaxRows.backward,
	}) as T;
}

/**
 * True at the `k` largest of each row; of equal values the first ones. The k-th largest value alone comes from `topk`, whose
 * indices for equal values differ from backend to backend.
 */
export function largest(rows: tf.Tensor, k: number): tf.Tensor {
	const last = rows.rank - 1;
	const n = rows.shape[last] ?? 0;
	const { values } = tf.topk(rows, Math.min(k, n), true);
	const kth = tf.min(values, -1, true); // [..., 1]
	const above = tf.greater(rows, kth);
	const tied = tf.equal(rows, kth);
	const room = tf.sub(Math.min(k, n), tf.sum(tf.cast(above, "float32"), -1, true)); // [..., 1]
	const place = tf.cumsum(tf.cast(tied, "float32"), last); // 1 for the first of the tied
	return tf.logicalOr(above, tf.logicalAnd(tied, tf.lessEqual(place, room)));
}
