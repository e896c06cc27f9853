import * as tf from "@tensorflow/tfjs-core";
import { checkDtype } from "../checks.ts";

/**
 * Turns true into false and back. In Heed true means attend; `nn.MultiheadAttention` of PyTorch (`key_padding_mask`,
 * `attn_mask`) and others mean ignore, and their masks pass through here.
 *
 * @param mask Bool of any shape.
 * @returns Bool of the same shape.
 * @throws HeedError if the mask is not bool.
 */
export function invertMask<T extends tf.Tensor>(mask: T): T {
	checkDtype("invertMask", "mask", mask, "bool");
	return tf.logicalNot(mask);
}
