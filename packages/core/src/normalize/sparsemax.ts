import * as tf from "@tensorflow/tfjs-core";
import { type NormalizerOptions, normalizeRows, normalizerOptions } from "./normalize-rows.ts";

/**
 * Sparsemax: the point of the probability simplex that is nearest to the scores, which has exact zeros.
 *
 *     w = argmin over simplex p of |p - x|²  =  max(x - τ, 0),  τ such that the weights sum to 1
 *     τ = (sum of the k largest x - 1) / k,  k = the largest count with 1 + k x_(k) > sum of the k largest x
 *     Jacobian: diag(s) - s sᵀ / |s|,  s = 1 where w > 0
 *
 * Masked and -Infinity scores get 0, as if they were not there; a row with nothing live is all zeros. A live score of
 * +Infinity makes its row NaN, as it does in every normaliser but `hardmax` and `sigmoidNormalizer`.
 *
 * Martins and Astudillo 2016, From Softmax to Sparsemax, https://arxiv.org/abs/1602.02068
 *
 * When not to use it: early in training with large scores. A score outside the support gets no gradient at all;
 * {@link entmax15} is softer.
 *
 * @param scores Float scores of any rank from 1.
 * @param options The axis (default -1), or `axis` and `mask`.
 * @returns Weights in the scores' shape.
 * @throws HeedError if the scores are not float32, or the mask or the axis does not fit them.
 */
export function sparsemax<T extends tf.Tensor>(scores: T, options: number | NormalizerOptions = {}): T {
	return normalizeRows("sparsemax", scores, normalizerOptions("sparsemax", options), sparsemaxRows) as T;
}

/** Sparsemax of rows and its exact Jacobian. */
export const sparsemaxRows: {
	readonly forward: (rows: tf.Tensor) => tf.Tensor;
	readonly backward: (weights: tf.Tensor, upstream: tf.Tensor) => tf.Tensor;
} = {
	forward: (rows) => {
		const z = belowMaximum(rows); // [..., n]
		const { sorted, counts, last } = sortDescending(z);
		const sums = tf.cumsum(sorted, last);
		const inside = tf.greater(tf.add(1, tf.mul(counts, sorted)), sums);
		const chosen = tf.cast(inside, "float32");
		const support = tf.sum(chosen, -1, true); // [..., 1], at least 1
		const total = tf.sum(tf.mul(chosen, sorted), -1, true); // [..., 1]
		const threshold = tf.div(tf.sub(total, 1), support); // [..., 1]
		const largest = tf.max(rows, -1, true);
		const invalid = tf.sub(largest, largest); // NaN if it is infinite, else 0; relu on wasm would hide a NaN
		return tf.add(tf.relu(tf.sub(z, threshold)), invalid);
	},
	backward: (weights, upstream) => {
		const support = tf.step(weights); // 1 where the weight is positive
		const received = tf.mul(support, upstream);
		const mean = tf.div(tf.sum(received, -1, true), tf.maximum(tf.sum(support, -1, true), 1)); // [..., 1]
		return tf.mul(support, tf.sub(upstream, mean));
	},
};

/**
 * The scores relative to the largest of their row, times a factor, no less than -1. A score that is 1 or more below the
 * largest gets no weight from sparsemax, nor from entmax with the factor α - 1, so that cutting it off there changes
 * nothing and keeps every sum small and finite.
 */
export function belowMaximum(rows: tf.Tensor, factor: number | tf.Tensor = 1): tf.Tensor {
	return tf.maximum(tf.mul(tf.sub(rows, tf.max(rows, -1, true)), factor), -1);
}

/** Rows in descending order, with 1, 2, … n for their last axis and that axis' index. */
export function sortDescending(rows: tf.Tensor): { sorted: tf.Tensor; counts: tf.Tensor; last: number } {
	const last = rows.rank - 1;
	const n = rows.shape[last] ?? 0;
	return { sorted: tf.topk(rows, n, true).values, counts: tf.range(1, n + 1, 1, "float32"), last };
}
