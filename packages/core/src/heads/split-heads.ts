import * as tf from "@tensorflow/tfjs-core";
import { checkNumber, checkRank, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { zerosFor } from "../zeros-for.ts";

const axes = ["batch", "length", "features"];

/**
 * Cuts packed features into heads: `[batch, length, heads · headDim]` → `[batch, heads, length, headDim]`. Heads are the
 * outer part of the last axis, as in ONNX, PyTorch and Keras.
 *
 *     B batch, T length, H heads, D headDim
 *     [B, T, H·D] → [B, T, H, D] → [B, H, T, D]
 *
 * @throws HeedError if `x` is not of rank 3 or `heads` does not divide its features.
 */
export function splitHeads(x: tf.Tensor3D, heads: number): tf.Tensor4D {
	const where = "splitHeads";
	checkRank(where, "x", x, axes);
	checkNumber(where, "heads", heads, { integer: true, min: 1 });
	const [batch, length, features] = x.shape;
	if (features % heads !== 0) {
		const came = describeShape("x", x.shape, axes);
		throw new HeedError(
			"SHAPE",
			where,
			`${came} cannot be cut into ${heads} heads: ${heads} must divide ${features}.`,
		);
	}
	if (x.size === 0) return zerosFor<tf.Rank.R4>([batch, heads, length, features / heads], x);
	return tf.tidy(() => {
		const parts: tf.Tensor4D = tf.reshape(x, [batch, length, heads, features / heads]); // [B, T, H, D]
		return tf.transpose(parts, [0, 2, 1, 3]); // [B, H, T, D]
	});
}
