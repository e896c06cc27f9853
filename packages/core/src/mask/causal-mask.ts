import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { checkPositions, type QueryOffset, visibleRange } from "./visible-range.ts";

/** Options of {@link causalMask}. */
export interface CausalMaskOptions {
	/**
	 * Position of the first query among the keys; one number, or one per batch item. Default 0: the first query sees the
	 * first key only (top-left). `keyLength - queryLength` lets the last query see every key (bottom-right).
	 */
	readonly queryOffset?: QueryOffset | undefined;
}

/**
 * Lets a query see the past and itself: true where `j <= i + queryOffset`.
 *
 *     causalMask(3, 4):  1 0 0 0      queryOffset 1:  1 1 0 0
 *                        1 1 0 0                      1 1 1 0
 *                        1 1 1 0                      1 1 1 1
 *
 * When not to use it: in `scaledDotProductAttention`, whose `causal` option builds no mask.
 *
 * @returns Bool `[queryLength, keyLength]`, or `[batch, 1, queryLength, keyLength]` with an offset per batch item.
 * @throws HeedError if a length is not a whole number from 1, or an offset not a whole number.
 */
export function causalMask(
	queryLength: number,
	keyLength: number,
	options: CausalMaskOptions = {},
): tf.Tensor {
	checkOptions("causalMask", options, ["queryOffset"]);
	const { queryOffset = 0 } = options;
	checkPositions("causalMask", queryLength, keyLength, queryOffset);
	return tf.tidy(() => visibleRange(queryLength, keyLength, queryOffset, { to: 0 }));
}
