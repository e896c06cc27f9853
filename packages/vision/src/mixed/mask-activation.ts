import * as tf from "@tensorflow/tfjs-core";

/** How a {@link ResidualAttentionModule} makes weights of scores. */
export type MaskActivation = "mixed" | "channel" | "spatial";

/** Keeps roots away from 0, where they have no gradient. */
const epsilon = 1e-5;

/** By name, on scores `[batch, height, width, channels]`. */
export const maskActivations: Readonly<Record<MaskActivation, (scores: tf.Tensor4D) => tf.Tensor4D>> = {
	mixed: tf.sigmoid,
	channel: (scores) => {
		const length = tf.sum(tf.square(scores), 3, true); // [B, H, W, 1]
		return tf.mul(scores, tf.rsqrt(tf.add(length, epsilon)));
	},
	spatial: (scores) => {
		const centered = tf.sub(scores, tf.mean(scores, [1, 2], true));
		const variance = tf.mean(tf.square(centered), [1, 2], true); // [B, 1, 1, C]
		return tf.sigmoid(tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon))));
	},
};
