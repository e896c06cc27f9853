import { maskedSoftmax } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { pixelCount } from "./global-pool.ts";

/** Scores of pixels as weights that sum to 1 over those that count, and to 0 where none does: `[batch, height, width]`. */
export function pixelSoftmax(scores: tf.Tensor3D, mask?: tf.Tensor3D): tf.Tensor3D {
	const [batch] = scores.shape;
	const live = mask === undefined ? undefined : tf.reshape(mask, [batch, -1]);
	const flat = maskedSoftmax(tf.reshape(scores, [batch, -1]), live); // [B, L]
	return tf.reshape(flat, scores.shape);
}

/** Weights that sum to 1 as weights whose mean over the pixels that count is 1. */
export function meanOne(weights: tf.Tensor3D, mask?: tf.Tensor3D): tf.Tensor3D {
	const [batch, height, width] = weights.shape;
	const count = mask === undefined ? height * width : tf.reshape(pixelCount(mask), [batch, 1, 1]);
	return tf.mul(weights, count);
}
