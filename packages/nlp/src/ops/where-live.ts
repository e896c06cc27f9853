import * as tf from "@tensorflow/tfjs-core";

/**
 * `x` where a position counts and 0 elsewhere, whatever stands there: a product with the mask would let NaN through.
 *
 * @param x `[batch, length, features]`.
 * @param mask Bool `[batch, length]`.
 */
export function whereLive(x: tf.Tensor3D, mask: tf.Tensor): tf.Tensor3D {
	const [batch, length] = x.shape;
	return tf.where(tf.reshape(mask, [batch, length, 1]), x, tf.zerosLike(x));
}
