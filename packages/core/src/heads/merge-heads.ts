import * as tf from "@tensorflow/tfjs-core";
import { checkRank } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";

/**
 * Packs heads into features, the inverse of `splitHeads`: `[batch, heads, length, headDim]` →
 * `[batch, length, heads · headDim]`.
 *
 *     B batch, T length, H heads, D headDim
 *     [B, H, T, D] → [B, T, H, D] → [B, T, H·D]
 *
 * @throws HeedError if `x` is not of rank 4.
 */
export function mergeHeads(x: tf.Tensor4D): tf.Tensor3D {
	checkRank("mergeHeads", "x", x, ["batch", "heads", "length", "headDim"]);
	const [batch, heads, length, headDim] = x.shape;
	if (x.size === 0) return zerosFor<tf.Rank.R3>([batch, length, heads * headDim], x);
	return tf.tidy(() => {
		const parts = tf.transpose(x, [0, 2, 1, 3]); // [B, T, H, D]
		return tf.reshape(parts, [batch, length, heads * headDim]); // [B, T, H·D]
	});
}
