import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions } from "../checks.ts";
import { hardmax } from "../normalize/hardmax.ts";
import { maskedSoftmax } from "../normalize/masked-softmax.ts";
import { checkNormalizer } from "../normalize/normalize-rows.ts";
import { randomStream } from "./random-stream.ts";
import { stopGradient } from "./stop-gradient.ts";
import { straightThrough } from "./straight-through.ts";

/** Options of {@link gumbelSoftmax}. */
export interface GumbelSoftmaxOptions {
	/** Seed of the noise, a whole number from 0. The same seed draws the same: give every step its own. */
	readonly seed: number;
	/** Softness: near 0 the weights are nearly one-hot and the gradient is noisy. Default 1. */
	readonly temperature?: number | undefined;
	/** True: one-hot forward, the soft weights' gradient backward ({@link straightThrough}). Default false. */
	readonly hard?: boolean | undefined;
	/** True = may get weight. Of the logits' rank with sizes equal or 1, or of rank 2 for the last two axes. */
	readonly mask?: tf.Tensor | undefined;
}

const where = "gumbelSoftmax";

/**
 * A relaxed draw, differentiable in the logits.
 *
 * ```text
 * weights = softmax((logits + Gumbel noise) / temperature)
 * ```
 *
 * The place of the largest weight is distributed as softmax(logits). The gradient is that of the relaxed weights: exact
 * for the soft result, **biased** as an estimate for the hard one. For an unbiased one draw with
 * {@link categoricalSample} and train with {@link reinforceSurrogate}.
 *
 * Jang et al., Categorical Reparameterization with Gumbel-Softmax, https://arxiv.org/abs/1611.01144
 *
 * @param logits Unnormalised log-probabilities `[..., outcomes]`, float32.
 * @returns Weights in the logits' shape; rows where nothing may get weight are 0.
 * @throws HeedError if the logits, the mask or an option do not fit.
 */
export function gumbelSoftmax<T extends tf.Tensor>(logits: T, options: GumbelSoftmaxOptions): T {
	checkOptions(where, options, ["seed", "temperature", "hard", "mask"]);
	const { seed, temperature = 1, hard = false, mask } = options;
	checkNumber(where, "seed", seed, { integer: true, min: 0 });
	checkNumber(where, "temperature", temperature, { above: 0 });
	checkDtype(where, "logits", logits, "float32");
	checkNormalizer(where, logits, { mask });
	return tf.tidy(() => {
		const stream = randomStream(seed);
		const noise = tf.tensor(Float32Array.from({ length: logits.size }, stream.gumbel), logits.shape);
		const soft = maskedSoftmax(tf.mul<T>(tf.add(logits, noise), 1 / temperature), mask);
		if (!hard) return soft;
		return straightThrough(hardmax(stopGradient(soft), mask === undefined ? {} : { mask }), soft);
	});
}
