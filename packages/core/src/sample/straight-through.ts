import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkShape, describeShape } from "../checks.ts";

/**
 * Hard values forward, the gradient of soft ones backward.
 *
 * ```text
 * y = hard,   ∂y/∂soft = identity,   ∂y/∂hard = nothing
 * ```
 *
 * The values are exactly `hard`, not `soft + (hard - soft)` with its rounding. A **biased** estimator of the gradient of
 * the hard computation: useful, but not REINFORCE.
 *
 * Bengio et al., Estimating or Propagating Gradients Through Stochastic Neurons, https://arxiv.org/abs/1308.3432
 *
 * @param hard What to use; float32, of any shape. Ops without a gradient may have made it, even from `soft`.
 * @param soft What to differentiate; float32, of the same shape.
 * @returns A tensor with the values of `hard`.
 * @throws HeedError if the shapes differ or the element types do not fit.
 */
export function straightThrough<T extends tf.Tensor>(hard: T, soft: T): T {
	const where = "straightThrough";
	checkDtype(where, "soft", soft, "float32");
	const axes = soft.shape.map((_, axis) => `axis${axis}`);
	checkShape(where, "hard", hard, axes, soft.shape, describeShape("soft", soft.shape));
	checkDtype(where, "hard", hard, "float32");
	return tf.customGrad(() => ({ value: tf.clone(hard), gradFunc: (dy) => dy }))(soft) as T;
}
