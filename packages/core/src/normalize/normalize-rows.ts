import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkOptions, describeShape, resolveAxis } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { zerosFor } from "../zeros-for.ts";
import { runRowKernel } from "./row-kernel.ts";

/**
 * What every normaliser takes. All of them have first derivatives only: the host gets the second ones of every op that keeps
 * its result wrong.
 */
export interface NormalizerOptions {
	/** The axis that the weights are spread over. Default -1, the last. */
	readonly axis?: number | undefined;
	/**
	 * True = may get weight. Of the scores' rank with sizes that are equal or 1, or of rank 2: `[queryLength, keyLength]`
	 * for all leading axes.
	 */
	readonly mask?: tf.Tensor | undefined;
}

/** Stands in for a score that takes no part: finite, so that no arithmetic with infinities can make a NaN. */
export const lowestScore = -3.4e38;

/** Refuses scores, a mask or an axis that a normaliser cannot work with; gives the axis as an index. */
export function checkNormalizer(
	where: string,
	scores: tf.Tensor,
	{ axis = -1, mask }: NormalizerOptions,
): number {
	checkDtype(where, "scores", scores, "float32");
	if (scores.rank === 0) {
		throw new HeedError("SHAPE", where, "scores is a scalar; expected rank 1 or more: a row of scores.");
	}
	if (mask !== undefined) {
		checkDtype(where, "mask", mask, "bool");
		const from = scores.rank - mask.rank;
		const fits =
			(from === 0 || (mask.rank === 2 && from > 0)) &&
			mask.shape.every((size, i) => size === 1 || size === scores.shape[from + i]);
		if (!fits) {
			throw new HeedError(
				"SHAPE",
				where,
				`${describeShape("mask", mask.shape)} does not fit ${describeShape("scores", scores.shape)}: expected rank ${scores.rank} with every size equal to the scores' or 1, or rank 2 for the last two axes.`,
			);
		}
	}
	return resolveAxis(where, axis, scores.rank);
}

/** Reads the `axis` argument that some normalisers take in place of options. */
export function normalizerOptions(where: string, options: number | NormalizerOptions): NormalizerOptions {
	if (typeof options === "number") return { axis: options };
	checkOptions(where, options, ["axis", "mask"]);
	return options;
}

/** Calls `work` with the axis moved to the end, and moves it back in the result. */
export function withAxisLast(
	tensor: tf.Tensor,
	axis: number,
	work: (rows: tf.Tensor) => tf.Tensor,
): tf.Tensor {
	if (axis === tensor.rank - 1) return work(tensor);
	const order = swapWithLast(tensor.rank, axis);
	return tf.transpose(work(tf.transpose(tensor, order)), order);
}

/** The permutation that swaps an axis with the last one, which is its own inverse. */
export function swapWithLast(rank: number, axis: number): number[] {
	const order = Array.from({ length: rank }, (_, i) => i);
	order[axis] = rank - 1;
	order[rank - 1] = axis;
	return order;
}

/** The mask in the layout of the rows, or `undefined`. */
export function maskRows(mask: tf.Tensor | undefined, rank: number, axis: number): tf.Tensor | undefined {
	if (mask === undefined || axis === rank - 1) return mask;
	const leading = Array.from({ length: rank - mask.rank }, () => 1);
	return tf.transpose(tf.reshape(mask, [...leading, ...mask.shape]), swapWithLast(rank, axis));
}

/** True where a score takes part: its mask is true and it is not -Infinity. */
export function liveScores(rows: tf.Tensor, mask: tf.Tensor | undefined): tf.Tensor {
	const present = tf.logicalNot(tf.less(rows, lowestScore)); // a NaN is present: an error must not look like a mask
	return mask === undefined ? present : tf.logicalAnd(present, mask);
}

/** `x` where the condition holds, else a number; the host broadcasts a scalar operand of `where` at several times the cost. */
export function orElse(condition: tf.Tensor, x: tf.Tensor, value: number): tf.Tensor {
	return tf.where(condition, x, tf.fill(x.shape, value));
}

/** What differs from normaliser to normaliser. */
export interface RowNormalizer {
	/**
	 * The weights of rows in which every score that takes no part is {@link lowestScore}; what it gives at those places
	 * must be finite and is replaced by 0.
	 */
	readonly forward: (rows: tf.Tensor, live: tf.Tensor) => tf.Tensor;
	/** The gradient of the scores, 0 wherever the weight is 0. */
	readonly backward: (weights: tf.Tensor, upstream: tf.Tensor) => tf.Tensor;
}

/**
 * The frame of every normaliser: moves the axis, leaves out masked and -Infinity scores, and runs forward and backward as
 * one op that keeps nothing but the weights.
 */
export function normalizeRows(
	where: string,
	scores: tf.Tensor,
	options: NormalizerOptions,
	{ forward, backward }: RowNormalizer,
): tf.Tensor {
	const axis = checkNormalizer(where, scores, options);
	if (scores.size === 0) return zerosFor(scores.shape, scores);
	return tf.tidy(() => {
		const mask = maskRows(options.mask, scores.rank, axis);
		const masked = (rows: tf.Tensor): tf.Tensor => {
			const live = liveScores(rows, mask);
			const weights = forward(orElse(live, rows, lowestScore), live);
			return tf.mul(weights, tf.cast(live, "float32"));
		};
		return withAxisLast(scores, axis, (rows) => runRowKernel({ forward: masked, backward }, rows));
	});
}
