import * as tf from "@tensorflow/tfjs-core";
import { checkNumber, checkRank } from "../checks.ts";

/**
 * Gives every key/value head to `repeats` adjacent query heads, for grouped-query attention: head `h` of the result is head
 * `floor(h / repeats)` of `x`.
 *
 *     B batch, K kvHeads, R repeats, T length, D headDim
 *     [B, K, T, D] → [B·K, R, T·D] → [B, K·R, T, D]
 *
 * Ainslie et al. 2023, GQA, https://arxiv.org/abs/2305.13245
 *
 * When not to use it: before `scaledDotProductAttention`, which reads grouped heads without copies.
 *
 * @throws HeedError if `x` is not of rank 4 or `repeats` is not a whole number from 1.
 */
export function repeatKeyValueHeads(x: tf.Tensor4D, repeats: number): tf.Tensor4D {
	const where = "repeatKeyValueHeads";
	checkRank(where, "x", x, ["batch", "kvHeads", "length", "headDim"]);
	checkNumber(where, "repeats", repeats, { integer: true, min: 1 });
	const [batch, kvHeads, length, headDim] = x.shape;
	return tf.tidy(() => {
		const single = tf.reshape(x, [batch * kvHeads, 1, length * headDim]); // [B·K, 1, T·D]
		const copies = tf.broadcastTo(single, [batch * kvHeads, repeats, length * headDim]); // [B·K, R, T·D]
		return tf.reshape(copies, [batch, kvHeads * repeats, length, headDim]); // [B, K·R, T, D]
	});
}
