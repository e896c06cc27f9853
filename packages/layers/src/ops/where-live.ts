import * as tf from "@tensorflow/tfjs-core";

/**
 * `x` where a position counts and 0 elsewhere, whatever stands there: a product with the mask would let NaN through, into the
 * result and into gradients.
 *
 * When not to use it: on scores, where 0 is a score like any other; see `maskedSoftmax` of `@heed/core`.
 *
 * @param x `[batch, length, features]`.
 * @param live Bool `[batch | 1, length]`, or with an axis of size 1 between or behind.
 * @returns The shape of `x`; differentiable in `x`.
 */
export function whereLive(x: tf.Tensor3D, live: tf.Tensor): tf.Tensor3D {
	const [, length] = x.shape;
	return tf.where(tf.reshape(live, [live.shape[0] ?? 1, length, 1]), x, tf.zerosLike(x));
}
