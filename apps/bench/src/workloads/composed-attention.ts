import * as tf from "@tensorflow/tfjs-core";

/**
 * `softmax(Q Kᵀ / √D + mask) V` out of the host's ops, as a user of plain TensorFlow.js writes it. It holds the scores and
 * the weights of all pairs, and so do its gradients.
 *
 * @param mask Added to the scores: 0 or a very negative number.
 */
export function composedAttention(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	mask?: tf.Tensor,
): tf.Tensor4D {
	return tf.tidy(() => {
		const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(query.shape[3])); // [B, H, Lq, Lk]
		const weights = tf.softmax(mask === undefined ? scores : tf.add(scores, mask));
		return tf.matMul(weights, value) as tf.Tensor4D;
	});
}

/** `[L, L]`, for {@link composedAttention}: 0 up to the own position, beyond it −1e9. */
export function causalBias(length: number): tf.Tensor2D {
	const values = new Float32Array(length * length);
	for (let row = 0; row < length; row++) values.fill(-1e9, row * length + row + 1, (row + 1) * length);
	return tf.tensor2d(values, [length, length]);
}

/** Every key/value head once for each query head that reads it. */
export function repeatHeads(x: tf.Tensor4D, times: number): tf.Tensor4D {
	if (times === 1) return x;
	const heads = Array.from({ length: x.shape[1] * times }, (_, head) => Math.floor(head / times));
	return tf.tidy(() => tf.gather(x, tf.tensor1d(heads, "int32"), 1));
}
