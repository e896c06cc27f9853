import * as tf from "@tensorflow/tfjs-core";

/** The steps `[B, F]` of `[T, B, F]`. The gradient of the host's `unstack` fails when there is only one. */
export function unstackSteps(x: tf.Tensor3D): tf.Tensor2D[] {
	const [time, batch, features] = x.shape;
	return time === 1 ? [tf.reshape(x, [batch, features])] : (tf.unstack(x) as tf.Tensor2D[]);
}
