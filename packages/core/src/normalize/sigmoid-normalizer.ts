import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { type NormalizerOptions, normalizeRows } from "./normalize-rows.ts";

/** Options of {@link sigmoidNormalizer}. */
export type SigmoidNormalizerOptions = Pick<NormalizerOptions, "mask">;

/**
 * A gate for every score on its own: `w_j = 1 / (1 + exp(-x_j))`, 0 where masked.
 *
 * The weights of a row do not compete and do not sum to 1, so any number of items may be attended to, or none. Add
 * `-log(length)` to the scores to start near a sum of 1, as sigmoid attention does.
 *
 * Ramapuram et al. 2024, Theory, Analysis, and Best Practices for Sigmoid Self-Attention,
 * https://arxiv.org/abs/2409.04431
 *
 * When not to use it: where the output must stay an average of the values.
 *
 * @param scores Float scores of any rank from 1.
 * @param options `mask`: true = may get weight.
 * @returns Weights between 0 and 1 in the scores' shape.
 * @throws HeedError if the scores are not float32, or the mask does not fit them.
 */
export function sigmoidNormalizer<T extends tf.Tensor>(scores: T, options: SigmoidNormalizerOptions = {}): T {
	checkOptions("sigmoidNormalizer", options, ["mask"]);
	return normalizeRows("sigmoidNormalizer", scores, options, {
		forward: (rows) => tf.sigmoid(rows),
		backward: (weights, upstream) => tf.mul(upstream, tf.mul(weights, tf.sub(1, weights))),
	}) as T;
}
