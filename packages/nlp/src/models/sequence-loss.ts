import {
	checkDtype,
	checkNumber,
	checkOptions,
	checkRank,
	checkShape,
	type DifferentiableOp,
	runDifferentiableOp,
} from "@heed/core";
import { checkIds } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** What {@link sequenceLoss} accepts. */
export interface SequenceLossOptions {
	/** 1 for a token that counts, 0 for padding, float32 `[tokens]`. Default: all count. */
	readonly live?: tf.Tensor1D | undefined;
	/** This share of the target goes evenly to all classes, in 0 .. 1. Default 0. */
	readonly labelSmoothing?: number | undefined;
}

/**
 * The cross entropy of predicted tokens, the mean over those that count:
 *
 *     target = (1 − ε) · one-hot(label) + ε / classes
 *     loss   = − Σ_tokens live · Σ_classes target · log softmax(logits) / Σ live
 *
 * 0 when nothing counts. Differentiable with respect to the logits. A batch of sequences is laid out as one row of tokens:
 * reshape logits `[batch, time, classes]` to `[batch · time, classes]`.
 *
 * Label smoothing: Szegedy et al. 2015, "Rethinking the Inception Architecture for Computer Vision",
 * https://arxiv.org/abs/1512.00567
 *
 * When not to use it: for a mean per sequence, where a long one should count no more than a short one; smoothing, where
 * rows have different classes, as words that are copied from a source.
 *
 * @param logits `[tokens, classes]`.
 * @param labels int32 `[tokens]`.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; without `live`, and on backends that compute in plain
 *   memory, `VALUE` for labels beyond the classes. Where `live` is 0 a label may be any number.
 */
export function sequenceLoss(
	logits: tf.Tensor2D,
	labels: tf.Tensor1D,
	options: SequenceLossOptions = {},
): tf.Scalar {
	const where = "sequenceLoss";
	checkOptions(where, options, ["live", "labelSmoothing"]);
	const { live, labelSmoothing = 0 } = options;
	checkRank(where, "logits", logits, ["tokens", "classes"]);
	checkShape(where, "labels", labels, ["tokens"], [logits.shape[0]], "logits");
	checkDtype(where, "labels", labels, "int32");
	if (live !== undefined) checkShape(where, "live", live, ["tokens"], [logits.shape[0]], "logits");
	checkNumber(where, "labelSmoothing", labelSmoothing, { min: 0, max: 1 });
	if (live === undefined) checkIds(where, "labels", labels, logits.shape[1], "the classes of logits");
	return tf.tidy(() => {
		const counts = live ?? tf.ones([logits.shape[0]]);
		const [loss] = runDifferentiableOp(lossOp, { logits, labels, live: counts }, { labelSmoothing });
		return loss as tf.Scalar;
	});
}

const lossOp: DifferentiableOp<{ readonly labelSmoothing: number }> = {
	kernelName: "HeedSequenceLoss",
	inputsToSave: [],
	gradients: ["logits"],
	outputCount: 2,

	forward: (inputs, { labelSmoothing }) => {
		const { logits, labels, live } = inputs as {
			logits: tf.Tensor2D;
			labels: tf.Tensor1D;
			live: tf.Tensor1D;
		};
		const [tokens, classes] = logits.shape;
		const rest = labelSmoothing / classes;
		// Smoothed afterwards: the wasm backend truncates the on and off values of oneHot to whole numbers.
		const hard = oneHotLabels(labels, logits);
		const target = labelSmoothing === 0 ? hard : tf.add(tf.mul(hard, 1 - labelSmoothing), rest); // [N, V]
		const logProbs = tf.logSoftmax(logits);
		const share = tf.div(live, tf.maximum(tf.sum(live), 1e-9)); // sums to 1
		const losses = tf.neg(tf.sum(tf.mul(target, logProbs), 1)); // [N]
		const loss = tf.sum(tf.mul(losses, share));
		const gradient = tf.mul(tf.sub(tf.exp(logProbs), target), tf.reshape(share, [tokens, 1])); // [N, V]
		return [loss, gradient];
	},

	backward: ([upstream], _, [, gradient]) => ({
		logits: tf.mul(gradient as tf.Tensor, upstream as tf.Tensor),
	}),
};

/**
 * The log-probability of one label per token, `log softmax(logits)[label]`, as `[tokens]`; 0, with a gradient of 0, for a label
 * beyond the classes. Differentiable with respect to the logits.
 *
 * @param logits `[tokens, classes]`.
 * @param labels int32 `[tokens]`.
 */
export function labelLogProbs(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
	return runDifferentiableOp(labelOp, { logits, labels }, {})[0] as tf.Tensor1D;
}

/** It keeps the logits and not their softmax, since a second output would get a gradient of zeros to carry about. */
const labelOp: DifferentiableOp<Record<string, never>> = {
	kernelName: "HeedLabelLogProbs",
	inputsToSave: ["logits", "labels"],
	gradients: ["logits"],
	outputCount: 1,

	forward: (inputs) => {
		const { logits, labels } = inputs as { logits: tf.Tensor2D; labels: tf.Tensor1D };
		return [tf.sum(tf.mul(oneHotLabels(labels, logits), tf.logSoftmax(logits)), 1)]; // [N]
	},

	backward: ([upstream], inputs) => {
		const { logits, labels } = inputs as { logits: tf.Tensor2D; labels: tf.Tensor1D };
		const target = oneHotLabels(labels, logits); // [N, V], no one in a row without a label
		const known = tf.sum(target, 1, true); // [N, 1]
		const slope = tf.sub(target, tf.mul(tf.softmax(logits), known));
		return { logits: tf.mul(slope, tf.reshape(upstream as tf.Tensor1D, [-1, 1])) };
	},
};

function oneHotLabels(labels: tf.Tensor1D, logits: tf.Tensor2D): tf.Tensor2D {
	return tf.cast(tf.oneHot(labels, logits.shape[1]), "float32") as tf.Tensor2D;
}
