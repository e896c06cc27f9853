import * as tf from "@tensorflow/tfjs-core";
import type { AttentionAttributes, AttentionInputs } from "./attention-kernel.ts";

/** A half-open range of rows or columns. */
export type Range = readonly [from: number, to: number];

/** A bias of this or less hides its key, so that exporters' -3.4e38 and -Infinity mean the same. */
const hidingBias = -1e30;

type Positions = Pick<AttentionAttributes, "causal" | "queryOffset" | "windowLeft" | "windowRight">;

/** Where the keys of a query may lie relative to `i + offset`; -Infinity and Infinity where unbounded. */
function reach({ causal, windowLeft, windowRight }: Positions): { left: number; right: number } {
	const right = windowRight < 0 ? Number.POSITIVE_INFINITY : windowRight;
	return { left: windowLeft < 0 ? Number.POSITIVE_INFINITY : windowLeft, right: causal ? 0 : right };
}

/** The keys that a block of queries can see by position: everything outside need not be computed. May be empty. */
export function keyRange(rows: Range, keyLength: number, attributes: Positions): Range {
	const { left, right } = reach(attributes);
	const offsets = [attributes.queryOffset].flat();
	const from = Math.max(0, rows[0] + Math.min(...offsets) - left);
	const to = Math.min(keyLength, rows[1] + Math.max(...offsets) + right);
	return to <= from ? [0, 0] : [from, to];
}

/** Causality and window as a mask `[B | 1, 1, rows, keys]`, or nothing where they hide no key of the block. */
function positionMask(rows: Range, keys: Range, attributes: Positions): tf.Tensor4D | undefined {
	const { left, right } = reach(attributes);
	const offsets = [attributes.queryOffset].flat();
	const hidesNothing = offsets.every(
		(offset) => keys[0] >= rows[1] - 1 + offset - left && keys[1] - 1 <= rows[0] + offset + right,
	);
	if (hidesNothing) return undefined;
	const height = rows[1] - rows[0];
	const width = keys[1] - keys[0];
	const visible = new Uint8Array(offsets.length * height * width);
	offsets.forEach((offset, batch) => {
		for (let i = 0; i < height; i++) {
			const center = rows[0] + i + offset;
			const from = Math.max(0, center - left - keys[0]);
			const to = Math.min(width, center + right + 1 - keys[0]);
			const start = (batch * height + i) * width;
			if (to > from) visible.fill(1, start + from, start + to);
		}
	});
	return tf.tensor4d(visible, [offsets.length, 1, height, width], "bool");
}

/** Cuts rows and columns out of a tensor `[B | 1, H | 1, Tq | 1, Tk | 1]`, leaving broadcast axes alone. */
export function sliceBroadcast(tensor: tf.Tensor4D, rows: Range, keys: Range): tf.Tensor4D {
	const [batch, heads, height, width] = tensor.shape;
	const [row, rowCount] = height === 1 ? [0, 1] : [rows[0], rows[1] - rows[0]];
	const [key, keyCount] = width === 1 ? [0, 1] : [keys[0], keys[1] - keys[0]];
	if (rowCount === height && keyCount === width) return tensor;
	return tf.slice4d(tensor, [0, 0, row, key], [batch, heads, rowCount, keyCount]);
}

/**
 * Which keys a block of queries may attend to: the product of causality, window, key lengths, boolean mask and of a
 * bias of -1e30 or less (-Infinity too).
 *
 * @returns bool, broadcastable to `[B, H, rows, keys]`, or nothing when every key is visible.
 */
export function visibleKeys(
	{ mask, bias, keyLengths }: Pick<AttentionInputs, "mask" | "bias" | "keyLengths">,
	attributes: Positions,
	rows: Range,
	keys: Range,
): tf.Tensor4D | undefined {
	const parts: tf.Tensor4D[] = [];
	const positions = positionMask(rows, keys, attributes);
	if (positions !== undefined) parts.push(positions);
	if (keyLengths !== undefined) parts.push(lengthMask(keyLengths, keys));
	if (mask !== undefined) parts.push(sliceBroadcast(mask, rows, keys));
	// "Not at most" instead of "greater": a NaN must show in the result and not look like a mask.
	if (bias !== undefined)
		parts.push(tf.logicalNot(tf.lessEqual(sliceBroadcast(bias, rows, keys), hidingBias)));
	return parts.length === 0 ? undefined : parts.reduce((all, part) => tf.logicalAnd(all, part));
}

/** `[B, 1, 1, keys]`: key j of batch item b is real if `j < keyLengths[b]`. */
export function lengthMask(keyLengths: tf.Tensor1D, keys: Range): tf.Tensor4D {
	const batch = keyLengths.shape[0];
	const index = tf.reshape(tf.range(keys[0], keys[1], 1, "int32"), [1, 1, 1, keys[1] - keys[0]]);
	return tf.less(index, tf.reshape(keyLengths, [batch, 1, 1, 1]));
}
