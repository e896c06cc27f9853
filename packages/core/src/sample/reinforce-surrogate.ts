import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { zerosFor } from "../zeros-for.ts";
import { stopGradient } from "./stop-gradient.ts";

/** Options of {@link reinforceSurrogate}. */
export interface ReinforceOptions {
	/** What is subtracted from the reward: a number, or a tensor of the reward's possible shapes. Default 0. */
	readonly baseline?: number | tf.Tensor | undefined;
	/** Factor on the score-function term, λ_r in the paper. Default 1. */
	readonly rewardWeight?: number | undefined;
	/** Entropy of each policy, in the shape of `logProb`; see `entropy`. */
	readonly entropy?: tf.Tensor | undefined;
	/** Factor on the entropy bonus, λ_e in the paper. Default 0; positive keeps the policy undecided. */
	readonly entropyWeight?: number | undefined;
	/** True = this decision counts; in the shape of `logProb`. */
	readonly mask?: tf.Tensor | undefined;
}

const where = "reinforceSurrogate";

function checkBroadcast(name: string, tensor: tf.Tensor, logProb: tf.Tensor): void {
	checkDtype(where, name, tensor, "float32");
	const sizesFit = tensor.shape.every((size, axis) => size === 1 || size === logProb.shape[axis]);
	if (tensor.rank === logProb.rank && sizesFit) return;
	const came = describeShape(name, tensor.shape);
	const target = describeShape("logProb", logProb.shape);
	throw new HeedError(
		"SHAPE",
		where,
		`${came} does not broadcast to ${target}: expected rank ${logProb.rank} with sizes that are equal or 1. Reshape it, for instance to [${logProb.shape.map((size, axis) => (axis === 0 ? size : 1)).join(", ")}].`,
	);
}

function checkSame(name: string, tensor: tf.Tensor, logProb: tf.Tensor): void {
	if (tf.util.arraysEqual(tensor.shape, logProb.shape)) return;
	const came = describeShape(name, tensor.shape);
	throw new HeedError(
		"SHAPE",
		where,
		`${came} does not match ${describeShape("logProb", logProb.shape)}: expected the same shape.`,
	);
}

/**
 * A loss whose gradient is the REINFORCE estimate of the gradient of the expected reward: minimise it to maximise the
 * reward.
 *
 * ```text
 * loss = - mean over the batch of Σ over the other axes of
 *          rewardWeight · (reward - baseline) · logProb + entropyWeight · entropy
 * ```
 *
 * Reward and baseline are constants to the gradient, whatever they were computed from. The estimate is unbiased for every
 * baseline that does not depend on the draw; a good one ({@link movingBaseline}) lowers its variance. The **value** of
 * the loss means nothing: watch the reward.
 *
 * `reward` and `baseline` have the rank of `logProb`, and may have size 1 on an axis: one reward for a sequence of
 * decisions `[batch, steps]` is `[batch, 1]`. A reward `[batch]` is refused there, since it could as well be one per step.
 *
 * Williams, Simple Statistical Gradient-Following Algorithms, https://doi.org/10.1007/BF00992696;
 * Xu et al., Show, Attend and Tell, equation 14, https://arxiv.org/abs/1502.03044
 *
 * @param logProb Log-probability of what was drawn, `[batch, ...]`, as `categoricalSample` gives. Differentiable.
 * @param reward How good it was.
 * @returns A scalar.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function reinforceSurrogate(
	logProb: tf.Tensor,
	reward: tf.Tensor,
	options: ReinforceOptions = {},
): tf.Scalar {
	checkOptions(where, options, ["baseline", "rewardWeight", "entropy", "entropyWeight", "mask"]);
	const { baseline = 0, rewardWeight = 1, entropy, entropyWeight = 0, mask } = options;
	checkDtype(where, "logProb", logProb, "float32");
	if (logProb.rank === 0) throw new HeedError("SHAPE", where, "logProb is a scalar; expected [batch, ...].");
	checkBroadcast("reward", reward, logProb);
	if (typeof baseline === "number") checkNumber(where, "baseline", baseline);
	else checkBroadcast("baseline", baseline, logProb);
	checkNumber(where, "rewardWeight", rewardWeight);
	checkNumber(where, "entropyWeight", entropyWeight);
	if (entropyWeight !== 0 && entropy === undefined) {
		const message = "`entropyWeight` is given without `entropy`. Give entropy(probabilities) as well.";
		throw new HeedError("OPTION", where, message);
	}
	if (entropy !== undefined) {
		checkDtype(where, "entropy", entropy, "float32");
		checkSame("entropy", entropy, logProb);
	}
	if (mask !== undefined) {
		checkDtype(where, "mask", mask, "bool");
		checkSame("mask", mask, logProb);
	}
	if (logProb.size === 0) return zerosFor<tf.Rank.R0>([], logProb);
	return tf.tidy(() => {
		const expected = typeof baseline === "number" ? baseline : stopGradient(baseline);
		const advantage = tf.mul(tf.sub(stopGradient(reward), expected), rewardWeight);
		const score = tf.mul(logProb, advantage);
		const bonus = entropy === undefined ? undefined : tf.mul(entropy, entropyWeight);
		const objective = bonus === undefined ? score : tf.add(score, bonus);
		const counted = mask === undefined ? objective : tf.where(mask, objective, 0);
		return tf.div(tf.neg(tf.sum(counted)), logProb.shape[0] ?? 1) as tf.Scalar;
	});
}
