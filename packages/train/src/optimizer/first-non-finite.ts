import * as tf from "@tensorflow/tfjs-core";

/**
 * The place of the first tensor that holds a NaN or an infinity, or -1. Absent tensors count as finite.
 *
 * Every tensor becomes one number, 0 or NaN, by Σ 0 · x, and all those numbers are read at once. Unlike a plain sum or a
 * norm it cannot overflow.
 */
export async function firstNonFinite(tensors: readonly (tf.Tensor | null)[]): Promise<number> {
	const present = tensors.filter((tensor) => tensor !== null);
	if (present.length === 0) return -1;
	if (tf.getBackend() === "cpu") {
		return tensors.findIndex((tensor) => tensor !== null && !isFiniteOnHost(tensor));
	}
	const marks = tf.tidy(() => tf.stack(present.map((tensor) => tf.sum(tf.mul(tensor, 0)))));
	try {
		const broken = present[(await marks.data<"float32">()).findIndex(Number.isNaN)];
		return broken === undefined ? -1 : tensors.indexOf(broken);
	} finally {
		marks.dispose();
	}
}

/** On the cpu backend one pass over the numbers is many times faster than two operations. */
function isFiniteOnHost(tensor: tf.Tensor): boolean {
	const values = tensor.dataSync<"float32">();
	for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
	return true;
}
