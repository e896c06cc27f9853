import * as tf from "@tensorflow/tfjs-core";

/**
 * `x · kernel + bias` on the last axis, as one product of two matrices: the host's matMul has a wrong gradient when the
 * ranks differ.
 *
 * When not to use it: for a product of two tensors of batches; this one's second factor is one matrix.
 *
 * @param x `[..., in]`.
 * @param kernel `[in, out]`.
 * @param bias `[out]`.
 * @returns `[..., out]`.
 */
export function project<T extends tf.Tensor>(x: T, kernel: tf.Tensor, bias?: tf.Tensor): T {
	const inSize = kernel.shape[0] ?? 0;
	const outSize = kernel.shape[1] ?? 0;
	const rows = tf.reshape(x, [-1, inSize]) as tf.Tensor2D; // [N, in]
	const product = tf.matMul(rows, kernel as tf.Tensor2D); // [N, out]
	const sum = bias === undefined ? product : tf.add(product, bias);
	return tf.reshape(sum, [...x.shape.slice(0, -1), outSize]) as T;
}
