import * as tf from "@tensorflow/tfjs-core";

/** The rows `indices` of a tensor; the host gathers no bool. */
export function gatherRows<T extends tf.Tensor>(x: T, indices: tf.Tensor1D): T {
	if (x.dtype !== "bool") return tf.gather(x, indices);
	return tf.tidy(() => tf.cast(tf.gather(tf.cast(x, "int32"), indices), "bool"));
}
