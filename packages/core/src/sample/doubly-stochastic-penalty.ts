import * as tf from "@tensorflow/tfjs-core";
import { checkChoice, checkDtype, checkNumber, checkOptions, checkRank, checkShape } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";

/** Options of {@link doublyStochasticPenalty}. */
export interface DoublyStochasticOptions {
	/** λ, at least 0. Default 1. Its size means nothing without the `reduction`. */
	readonly lambda?: number | undefined;
	/**
	 * What the penalties `e_bi` of row b and position i come to:
	 *
	 * - `sum`: the mean over the rows of `Σ_i e_bi`, the paper's formula for each example. Default.
	 * - `mean`: the mean over all rows and positions.
	 * - `batchSum`: the sum over the rows of the mean over the positions, as the paper's own program has it; it grows with
	 *   the batch.
	 */
	readonly reduction?: "sum" | "mean" | "batchSum" | undefined;
	/** True = a step that counts, bool `[batch, steps]`; others add nothing to the sums over the steps. Default: all. */
	readonly stepMask?: tf.Tensor2D | undefined;
	/** True = a position that should be looked at, bool `[batch, positions]`. Default: all. */
	readonly positionMask?: tf.Tensor2D | undefined;
}

/**
 * What attention loses for positions that it has looked at too little or too much in all steps together: weights that
 * add up to 1 over the positions should add up to about 1 over the steps as well.
 *
 * ```text
 * e_bi    = (1 - Σ_t weights_bti)²
 * penalty = λ · mean over b of Σ_i e_bi            see `reduction`
 * ```
 *
 * Add it to the loss. 0 where every sum is 1, and where there is no row, step or position.
 *
 * Xu et al., Show, Attend and Tell, section 4.2.1, https://arxiv.org/abs/1502.03044
 *
 * When not to use it: where steps and positions differ much in number, since T steps give away T in all and L positions
 * ask for L; where parts of the source are meant to be left out.
 *
 * @param weights Attention, float32 `[batch, steps, positions]`. Differentiable.
 * @returns A scalar.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
 */
export function doublyStochasticPenalty(
	weights: tf.Tensor3D,
	options: DoublyStochasticOptions = {},
): tf.Scalar {
	const where = "doublyStochasticPenalty";
	checkOptions(where, options, ["lambda", "reduction", "stepMask", "positionMask"]);
	const { lambda = 1, reduction = "sum", stepMask, positionMask } = options;
	checkNumber(where, "lambda", lambda, { min: 0 });
	checkChoice(where, "reduction", reduction, ["sum", "mean", "batchSum"]);
	checkRank(where, "weights", weights, ["batch", "steps", "positions"]);
	checkDtype(where, "weights", weights, "float32");
	const [batch, steps, positions] = weights.shape;
	checkMask("stepMask", stepMask, "steps", [batch, steps]);
	checkMask("positionMask", positionMask, "positions", [batch, positions]);
	if (weights.size === 0) return zerosFor<tf.Rank.R0>([], weights);
	return tf.tidy(() => {
		const counted =
			stepMask === undefined
				? weights
				: tf.where(tf.reshape(stepMask, [batch, steps, 1]), weights, tf.zerosLike(weights));
		const gaps = tf.square(tf.sub(1, tf.sum(counted, 1))); // [B, L]
		const asked = positionMask ?? tf.ones([batch, positions], "bool");
		const each = tf.where(asked, gaps, tf.zerosLike(gaps)); // [B, L]
		return tf.mul(reduced(each, tf.cast(asked, "float32"), reduction), lambda) as tf.Scalar;
	});

	function checkMask(name: string, mask: tf.Tensor | undefined, axis: string, shape: number[]): void {
		if (mask === undefined) return;
		checkShape(where, name, mask, ["batch", axis], shape, "weights");
		checkDtype(where, name, mask, "bool");
	}
}

function reduced(each: tf.Tensor, counts: tf.Tensor, reduction: "sum" | "mean" | "batchSum"): tf.Tensor {
	if (reduction === "sum") return tf.div(tf.sum(each), each.shape[0] ?? 1);
	if (reduction === "mean") return tf.div(tf.sum(each), tf.maximum(tf.sum(counts), 1));
	return tf.sum(tf.div(tf.sum(each, 1), tf.maximum(tf.sum(counts, 1), 1)));
}
