import * as tf from "@tensorflow/tfjs-core";
import { type NormalizerOptions, normalizeRows, normalizerOptions } from "./normalize-rows.ts";
import { largest } from "./top-k-softmax.ts";

/**
 * All weight on the largest score: 1 there, 0 elsewhere; of equal scores the first gets it.
 *
 * Masked and -Infinity scores are never chosen; a row with nothing live is all zeros. The gradient is zero everywhere, as
 * the true one is almost everywhere.
 *
 * When not to use it: to train through the choice. Sample instead (`sample/`), or use a sparse normaliser.
 *
 * @param scores Float scores of any rank from 1.
 * @param options The axis (default -1), or `axis` and `mask`.
 * @returns One-hot weights in the scores' shape.
 * @throws HeedError if the scores are not float32, or the mask or the axis does not fit them.
 */
export function hardmax<T extends tf.Tensor>(scores: T, options: number | NormalizerOptions = {}): T {
	return normalizeRows("hardmax", scores, normalizerOptions("hardmax", options), {
		forward: (rows) => tf.cast(largest(rows, 1), "float32"),
		backward: (weights) => tf.zerosLike(weights),
	}) as T;
}
