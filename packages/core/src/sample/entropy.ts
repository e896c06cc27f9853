import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, resolveAxis } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { zerosFor } from "../zeros-for.ts";

/** Below this a probability counts as this much inside the logarithm. */
const smallest = 1e-30;

/**
 * How undecided weights are, in nats: 0 for a one-hot row, log n for a uniform one.
 *
 * ```text
 * entropy = - Σ p · log p        with 0 · log 0 = 0
 * ```
 *
 * Finite everywhere, and so is its gradient `-(log p + 1)`: inside the logarithm p counts as at least 1e-30, which makes
 * the derivative at 0 `-log 1e-30 ≈ 69` and not infinity. After a softmax it is multiplied by p, and vanishes.
 *
 * @param probabilities Weights that sum to 1 along `axis`, float32. Differentiable.
 * @param axis Default -1, the last.
 * @returns The shape of the weights without `axis`.
 * @throws HeedError if the weights are not float32 or have no such axis.
 */
export function entropy(probabilities: tf.Tensor, axis = -1): tf.Tensor {
	const where = "entropy";
	checkDtype(where, "probabilities", probabilities, "float32");
	if (probabilities.rank === 0) {
		throw new HeedError(
			"SHAPE",
			where,
			"probabilities is a scalar; expected rank 1 or more: a row of weights.",
		);
	}
	const resolved = resolveAxis(where, axis, probabilities.rank);
	if (probabilities.size === 0) {
		return zerosFor(
			probabilities.shape.filter((_, i) => i !== resolved),
			probabilities,
		);
	}
	return tf.tidy(() => {
		const logarithm = tf.log(tf.maximum(probabilities, smallest));
		return tf.neg(tf.sum(tf.mul(probabilities, logarithm), resolved));
	});
}
