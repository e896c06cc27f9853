import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions } from "../checks.ts";
import { hardmax } from "../normalize/hardmax.ts";
import { maskedLogSoftmax } from "../normalize/masked-log-softmax.ts";
import { checkNormalizer } from "../normalize/normalize-rows.ts";
import { zerosFor } from "../zeros-for.ts";
import { randomStream } from "./random-stream.ts";
import { stopGradient } from "./stop-gradient.ts";

/** Options of {@link categoricalSample}. */
export interface CategoricalSampleOptions {
	/** Seed of the draw, a whole number from 0. The same seed draws the same: give every step its own. */
	readonly seed: number;
	/** True = may be drawn. Of the logits' rank with sizes equal or 1, or of rank 2 for the last two axes. */
	readonly mask?: tf.Tensor | undefined;
}

/** What {@link categoricalSample} draws. Dispose all three. */
export interface CategoricalSample {
	/** 1 at what was drawn, 0 elsewhere; no gradient. float32 in the logits' shape. */
	readonly oneHot: tf.Tensor;
	/** What was drawn, -1 where nothing may be; int32 without the last axis. */
	readonly index: tf.Tensor;
	/** Logarithm of the probability of what was drawn, differentiable in the logits; 0 where nothing may be. */
	readonly logProb: tf.Tensor;
}

const where = "categoricalSample";

/**
 * Draws one outcome per row: hard attention, and the action of a policy.
 *
 * ```text
 * index   ~ Categorical(softmax(logits))        drawn as argmax(logits + Gumbel noise)
 * logProb = log softmax(logits)[index]
 * ```
 *
 * The draw itself has no gradient. Train through `logProb` with {@link reinforceSurrogate}, or use
 * {@link gumbelSoftmax}. At test time take `hardmax(logits)`.
 *
 * Xu et al., Show, Attend and Tell, https://arxiv.org/abs/1502.03044
 *
 * @param logits Unnormalised log-probabilities `[..., outcomes]`, float32.
 * @throws HeedError if the logits, the mask or the seed do not fit.
 */
export function categoricalSample(logits: tf.Tensor, options: CategoricalSampleOptions): CategoricalSample {
	checkOptions(where, options, ["seed", "mask"]);
	const { seed, mask } = options;
	checkNumber(where, "seed", seed, { integer: true, min: 0 });
	checkDtype(where, "logits", logits, "float32");
	checkNormalizer(where, logits, { mask });
	if (logits.size === 0) {
		const rows = logits.shape.slice(0, -1);
		return {
			oneHot: tf.zeros(logits.shape),
			index: tf.fill(rows, -1, "int32"),
			logProb: zerosFor(rows, logits),
		};
	}
	return tf.tidy(() => {
		const stream = randomStream(seed);
		const noise = tf.tensor(Float32Array.from({ length: logits.size }, stream.gumbel), logits.shape);
		const oneHot = hardmax(tf.add(stopGradient(logits), noise), mask === undefined ? {} : { mask });
		const drawn = tf.cast(oneHot, "bool");
		const nothing = tf.logicalNot(tf.any(drawn, -1));
		const index = tf.sub(tf.argMax(oneHot, -1), tf.cast(nothing, "int32"));
		const logProb = tf.sum(tf.where(drawn, maskedLogSoftmax(logits, mask), 0), -1);
		return { oneHot, index, logProb };
	});
}
