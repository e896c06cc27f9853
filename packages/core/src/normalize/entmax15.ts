import * as tf from "@tensorflow/tfjs-core";
import { type NormalizerOptions, normalizeRows, normalizerOptions } from "./normalize-rows.ts";
import { belowMaximum, sortDescending } from "./sparsemax.ts";

/**
 * Entmax with α = 1.5: between softmax and sparsemax, with exact zeros and a smooth edge.
 *
 *     w = max(x / 2 - τ, 0)²,  τ such that the weights sum to 1 (closed form after sorting)
 *     Jacobian: diag(s) - s sᵀ / sum(s),  s = √w
 *
 * Masked and -Infinity scores get 0, as if they were not there; a row with nothing live is all zeros.
 *
 * Peters, Niculae and Martins 2019, Sparse Sequence-to-Sequence Models, https://arxiv.org/abs/1905.05702
 *
 * When not to use it: with rows of many thousands of scores, where the sort dominates; then use softmax.
 *
 * @param scores Float scores of any rank from 1.
 * @param options The axis (default -1), or `axis` and `mask`.
 * @returns Weights in the scores' shape.
 * @throws HeedError if the scores are not float32, or the mask or the axis does not fit them.
 */
export function entmax15<T extends tf.Tensor>(scores: T, options: number | NormalizerOptions = {}): T {
	return normalizeRows("entmax15", scores, normalizerOptions("entmax15", options), entmax15Rows) as T;
}

/** Entmax 1.5 of rows and its exact Jacobian. */
export const entmax15Rows: {
	readonly forward: (rows: tf.Tensor) => tf.Tensor;
	readonly backward: (weights: tf.Tensor, upstream: tf.Tensor) => tf.Tensor;
} = {
	forward: (rows) => {
		const z = belowMaximum(rows, 0.5); // [..., n]
		const { sorted, counts, last } = sortDescending(z);
		const mean = tf.div(tf.cumsum(sorted, last), counts);
		const meanSquare = tf.div(tf.cumsum(tf.square(sorted), last), counts);
		const variance = tf.sub(meanSquare, tf.square(mean));
		// The threshold if the k largest were the support: sum over them of (z - τ)² = 1.
		const thresholds = tf.sub(mean, tf.sqrt(tf.relu(tf.sub(tf.div(1, counts), variance))));
		const inside = tf.cast(tf.lessEqual(thresholds, sorted), "float32");
		const support = tf.sum(inside, -1, true); // [..., 1]
		const chosen = tf.cast(tf.equal(counts, support), "float32"); // one-hot at k = support
		const threshold = tf.sum(tf.mul(chosen, thresholds), -1, true); // [..., 1]
		return sumToOne(tf.square(tf.relu(tf.sub(z, threshold))));
	},
	backward: (weights, upstream) => entmaxBackward(tf.sqrt(weights), upstream),
};

/** Divides rows by their sum, which differs from 1 by rounding only. */
export function sumToOne(weights: tf.Tensor): tf.Tensor {
	return tf.div(weights, tf.sum(weights, -1, true));
}

/** The gradient of every entmax, from the slopes `s = w^(2 - α)` of its support: `s (upstream - mean of upstream)`. */
export function entmaxBackward(slopes: tf.Tensor, upstream: tf.Tensor): tf.Tensor {
	const total = tf.sum(slopes, -1, true); // [..., 1], 0 in a dead row
	const weighted = tf.sum(tf.mul(slopes, upstream), -1, true); // [..., 1]
	return tf.mul(slopes, tf.sub(upstream, tf.divNoNan(weighted, total)));
}
