import * as tf from "@tensorflow/tfjs-core";
import { checkRank } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";

/**
 * Turns the layout `bshd`, `[batch, length, heads, headDim]`, into `bhsd`, `[batch, heads, length, headDim]`, and back: it
 * is its own inverse. Keras, JAX and flash-attention use the first, PyTorch, ONNX and Heed the second.
 *
 * @throws HeedError if `x` is not of rank 4.
 */
export function swapHeadsAndLength(x: tf.Tensor4D): tf.Tensor4D {
	checkRank("swapHeadsAndLength", "x", x, ["batch", "length or heads", "heads or length", "headDim"]);
	const [batch, second, third, headDim] = x.shape;
	if (x.size === 0) return zerosFor<tf.Rank.R4>([batch, third, second, headDim], x);
	return tf.transpose(x, [0, 2, 1, 3]);
}
