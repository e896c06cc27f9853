import * as tf from "@tensorflow/tfjs-core";
import { checkNumber, checkOptions } from "../checks.ts";
import { checkPositions, type QueryOffset, visibleRange } from "./visible-range.ts";

/** How far a query sees, its own position not counted; -1 is unbounded. */
export interface AttentionWindow {
	/** How many keys before its own position. */
	readonly left: number;
	/** How many keys after its own position. */
	readonly right: number;
}

/** Options of {@link windowMask}. */
export interface WindowMaskOptions extends AttentionWindow {
	/** Position of the first query among the keys; one number, or one per batch item. Default 0. */
	readonly queryOffset?: QueryOffset | undefined;
}

/**
 * Lets a query see a window around itself: true where `-left <= j - (i + queryOffset) <= right`.
 *
 *     windowMask(4, 4, { left: 1, right: 0 }):  1 0 0 0
 *                                               1 1 0 0
 *                                               0 1 1 0
 *                                               0 0 1 1
 *
 * When not to use it: in `scaledDotProductAttention`, whose `window` option also skips the keys out of sight.
 *
 * Beltagy et al. 2020, Longformer, https://arxiv.org/abs/2004.05150
 *
 * @returns Bool `[queryLength, keyLength]`, or `[batch, 1, queryLength, keyLength]` with an offset per batch item.
 * @throws HeedError if a length is not a whole number from 1, or a side of the window not one from -1.
 */
export function windowMask(queryLength: number, keyLength: number, options: WindowMaskOptions): tf.Tensor {
	checkOptions("windowMask", options, ["left", "right", "queryOffset"]);
	const { left, right, queryOffset = 0 } = options;
	checkNumber("windowMask", "left", left, { integer: true, min: -1 });
	checkNumber("windowMask", "right", right, { integer: true, min: -1 });
	checkPositions("windowMask", queryLength, keyLength, queryOffset);
	const bounds = { ...(left >= 0 && { from: -left }), ...(right >= 0 && { to: right }) };
	return tf.tidy(() => visibleRange(queryLength, keyLength, queryOffset, bounds));
}

/**
 * The window of a sliding-window model that counts `total` keys including the query's own, as Mistral and others do:
 * `{ left: total - 1, right: 0 }`.
 *
 * @throws HeedError if `total` is not a whole number from 1.
 */
export function slidingWindow(total: number): AttentionWindow {
	checkNumber("slidingWindow", "total", total, { integer: true, min: 1 });
	return { left: total - 1, right: 0 };
}
