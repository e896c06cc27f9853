import * as tf from "@tensorflow/tfjs-core";
import { checkNumber, checkOptions } from "../checks.ts";
import { checkPositions, type QueryOffset } from "../mask/visible-range.ts";

/** Options of {@link alibiSlopes}. */
export interface AlibiSlopesOptions {
	/** The exponent of the last head of a power of two: its slope is `2^-maxBias`. Default 8. */
	readonly maxBias?: number | undefined;
}

/** Options of {@link alibiBias}. */
export interface AlibiBiasOptions extends AlibiSlopesOptions {
	/** Position of the first query among the keys; one number, or one per batch item. Default 0. */
	readonly queryOffset?: QueryOffset | undefined;
}

/**
 * The slope of every head of {@link alibiBias}, largest first.
 *
 *     H a power of two: 2^(-maxBias · h / H),  h = 1 … H
 *     otherwise: those of the next smaller power of two, then every other one of the next larger
 *
 * @returns Float `[heads]`.
 * @throws HeedError if `heads` is not a whole number from 1.
 */
export function alibiSlopes(heads: number, options: AlibiSlopesOptions = {}): tf.Tensor1D {
	checkOptions("alibiSlopes", options, ["maxBias"]);
	const { maxBias = 8 } = options;
	checkSlopes("alibiSlopes", heads, maxBias);
	return tf.tensor1d(slopes(heads, maxBias));
}

/**
 * Attention with linear biases: the further a key, the lower its score, at a rate of its own for every head.
 *
 *     bias(h, i, j) = -slope(h) · |i + queryOffset - j|
 *
 * For keys in the past it is the bias of the paper; keys in the future, which the paper masks, are treated alike.
 *
 * Press et al. 2021, Train Short, Test Long, https://arxiv.org/abs/2108.12409
 *
 * When not to use it: where far tokens matter as much as near ones.
 *
 * @returns Float `[1, heads, queryLength, keyLength]`, or `[batch, …]` with an offset per batch item.
 * @throws HeedError if a length or `heads` is not a whole number from 1, or an offset not a whole number.
 */
export function alibiBias(
	heads: number,
	queryLength: number,
	keyLength: number,
	options: AlibiBiasOptions = {},
): tf.Tensor4D {
	const where = "alibiBias";
	checkOptions(where, options, ["maxBias", "queryOffset"]);
	const { maxBias = 8, queryOffset = 0 } = options;
	checkSlopes(where, heads, maxBias);
	checkPositions(where, queryLength, keyLength, queryOffset);
	const offsets = [queryOffset].flat();
	return tf.tidy(() => {
		const starts = tf.tensor(offsets, [offsets.length, 1, 1, 1], "float32"); // [B | 1, 1, 1, 1]
		const positions = tf.add(starts, tf.reshape(tf.range(0, queryLength), [queryLength, 1])); // [B, 1, Tq, 1]
		const distances = tf.abs(tf.sub(tf.range(0, keyLength), positions)); // [B, 1, Tq, Tk]
		const rates = tf.tensor(slopes(heads, maxBias), [heads, 1, 1]); // [H, 1, 1]
		return tf.neg(tf.mul(distances, rates)) as tf.Tensor4D; // [B, H, Tq, Tk]
	});
}

function checkSlopes(where: string, heads: number, maxBias: number): void {
	checkNumber(where, "heads", heads, { integer: true, min: 1 });
	checkNumber(where, "maxBias", maxBias, { above: 0 });
}

function slopes(heads: number, maxBias: number): number[] {
	const power = 2 ** Math.floor(Math.log2(heads));
	const first = Array.from({ length: power }, (_, h) => 2 ** ((-maxBias * (h + 1)) / power));
	const between = Array.from(
		{ length: heads - power },
		(_, h) => 2 ** ((-maxBias * (2 * h + 1)) / (2 * power)),
	);
	return [...first, ...between];
}
