import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkRank } from "../checks.ts";
import { HeedError } from "../errors.ts";

/** How many leading tokens of each batch item are real: int32 `[batch]`, or plain numbers. */
export type Lengths = tf.Tensor1D | readonly number[];

/**
 * Tells real tokens from padding: true where `j < lengths[b]`.
 *
 *     paddingMask([1, 3], 3):  1 0 0
 *                              1 1 1
 *
 * For scores `[batch, length]` and for sequences; attention over heads takes {@link keyLengthMask}.
 *
 * @returns Bool `[batch, length]`.
 * @throws HeedError if the lengths are not whole numbers in one row, or `length` is not a whole number from 1.
 */
export function paddingMask(lengths: Lengths, length: number): tf.Tensor2D {
	return realTokens("paddingMask", lengths, "length", length);
}

/**
 * {@link paddingMask} for the keys of attention over heads: true where key `j < lengths[b]`.
 *
 * When not to use it: in `scaledDotProductAttention`, whose `keyLengths` option builds no mask.
 *
 * @returns Bool `[batch, 1, 1, keyLength]`.
 * @throws HeedError if the lengths are not whole numbers in one row, or `keyLength` is not a whole number from 1.
 */
export function keyLengthMask(lengths: Lengths, keyLength: number): tf.Tensor4D {
	return tf.tidy(() => {
		const mask = realTokens("keyLengthMask", lengths, "keyLength", keyLength); // [B, Tk]
		return tf.reshape(mask, [mask.shape[0], 1, 1, keyLength]);
	});
}

function realTokens(where: string, lengths: Lengths, name: string, length: number): tf.Tensor2D {
	checkNumber(where, name, length, { integer: true, min: 1 });
	if (lengths instanceof tf.Tensor) {
		checkRank(where, "lengths", lengths, ["batch"]);
		checkDtype(where, "lengths", lengths, "int32");
	} else {
		if (lengths.length === 0)
			throw new HeedError("SHAPE", where, "lengths is empty; expected one per batch item.");
		for (const value of lengths) checkNumber(where, "lengths", value, { integer: true, min: 0, max: length });
	}
	return tf.tidy(() => {
		const real = lengths instanceof tf.Tensor ? lengths : tf.tensor1d([...lengths], "int32");
		return tf.less(tf.range(0, length, 1, "int32"), tf.reshape(real, [-1, 1])) as tf.Tensor2D; // [B, T]
	});
}
