import * as tf from "@tensorflow/tfjs-core";

/**
 * The result of a mechanism where a size of 0 leaves nothing to compute: zeros, of which there may be none, with zeros for
 * gradients. Several of the host's kernels do not take tensors without elements; on the wasm backend they even trap.
 *
 * @param inputs What the result is differentiable in.
 */
export function zerosFor<R extends tf.Rank>(shape: tf.ShapeMap[R], ...inputs: tf.Tensor[]): tf.Tensor<R> {
	const zeros = tf.customGrad(() => ({
		value: tf.zeros<R>(shape),
		gradFunc: () => inputs.map((input) => tf.zeros(input.shape)),
	}));
	return tf.tidy(() => zeros(...inputs)) as tf.Tensor<R>;
}
