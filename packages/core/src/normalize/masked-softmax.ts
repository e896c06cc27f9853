import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { normalizeRows } from "./normalize-rows.ts";

/** Options of {@link maskedSoftmax}. */
export interface MaskedSoftmaxOptions {
	/** The axis that the weights are spread over. Default -1, the last. */
	readonly axis?: number | undefined;
}

/**
 * Softmax over the scores that take part: `w_j = exp(x_j) / sum over live k of exp(x_k)`.
 *
 *     live    = mask and x > -Infinity
 *     weights = softmax(x) over live scores, 0 elsewhere
 *
 * A row with nothing live, which `tf.softmax` turns into NaN, is all zeros, and so is its gradient. Whatever stands at a
 * masked place, NaN included, does not matter.
 *
 * When not to use it: for the whole of attention, where `scaledDotProductAttention` never builds the weights.
 *
 * @param scores Float scores of any rank from 1.
 * @param mask True = may get weight. Of the scores' rank with sizes equal or 1, or `[queryLength, keyLength]`.
 * @returns Weights in the scores' shape.
 * @throws HeedError if the scores are not float32, or the mask is not bool or does not broadcast to them.
 */
export function maskedSoftmax<T extends tf.Tensor>(
	scores: T,
	mask?: tf.Tensor,
	options: MaskedSoftmaxOptions = {},
): T {
	checkOptions("maskedSoftmax", options, ["axis"]);
	return normalizeRows("maskedSoftmax", scores, { ...options, mask }, softmaxRows) as T;
}

/** Softmax of rows and its exact Jacobian `diag(w) - w wᵀ`. */
export const softmaxRows: {
	readonly forward: (rows: tf.Tensor) => tf.Tensor;
	readonly backward: (weights: tf.Tensor, upstream: tf.Tensor) => tf.Tensor;
} = {
	forward: (rows) => tf.softmax(rows),
	backward: (weights, upstream) => {
		const mean = tf.sum(tf.mul(weights, upstream), -1, true); // [..., 1]
		return tf.mul(weights, tf.sub(upstream, mean));
	},
};
