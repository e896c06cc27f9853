import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { zerosFor } from "../zeros-for.ts";
import { entmax15Rows, entmaxBackward, sumToOne } from "./entmax15.ts";
import { softmaxRows } from "./masked-softmax.ts";
import {
	checkNormalizer,
	liveScores,
	lowestScore,
	maskRows,
	type NormalizerOptions,
	normalizeRows,
	orElse,
	type RowNormalizer,
	swapWithLast,
	withAxisLast,
} from "./normalize-rows.ts";
import { type ParametricRowKernel, runParametricRowKernel } from "./row-kernel.ts";
import { belowMaximum, sparsemaxRows } from "./sparsemax.ts";

/** Options of {@link entmax}. */
export interface EntmaxOptions extends NormalizerOptions {
	/**
	 * 1 is softmax, 2 is sparsemax, more is sparser. A number from 1, or a float32 tensor that gets a gradient: a scalar, or
	 * one value per row (the scores' rank, size 1 on `axis`, other sizes equal or 1). Values below 1.001 are taken as 1.001,
	 * but for the number 1.
	 */
	readonly alpha: number | tf.Tensor;
}

/** Halvings of the interval of τ, which is at most 1 wide: what float32 can tell apart. */
const halvings = 26;
/** The formulas divide by α - 1. */
const smallestAlpha = 1.001;

/**
 * Entmax: the family of normalisers from softmax (α = 1) to sparsemax (α = 2) and beyond, with exact zeros for α > 1.
 *
 *     w = max((α - 1) x - τ, 0)^(1 / (α - 1)),  τ such that the weights sum to 1 (found by bisection)
 *     ∂w/∂x = diag(s) - s sᵀ / sum(s),  s = w^(2 - α) where w > 0
 *     ∂w/∂α = (w - s̃) / (α - 1)² + (h - s̃ sum(h)) / (α - 1),  s̃ = s / sum(s),  h = -w log w
 *
 * Masked and -Infinity scores get 0, as if they were not there; a row with nothing live is all zeros.
 *
 * Correia, Niculae and Martins 2019, Adaptively Sparse Transformers, https://arxiv.org/abs/1909.00015
 *
 * When not to use it: with a fixed α of 1, 1.5 or 2, call the normaliser of that name (this one does).
 *
 * @param scores Float scores of any rank from 1.
 * @param options `alpha`, and optionally `axis` and `mask`.
 * @returns Weights in the scores' shape.
 * @throws HeedError if α is below 1 or does not fit the scores, or the mask or the axis does not fit them.
 */
export function entmax<T extends tf.Tensor>(scores: T, options: EntmaxOptions): T {
	checkOptions("entmax", options, ["alpha", "axis", "mask"]);
	const { alpha, ...rest } = options;
	if (!(alpha instanceof tf.Tensor)) {
		checkNumber("entmax", "alpha", alpha, { min: 1 });
		return normalizeRows("entmax", scores, rest, rowsOfAlpha(alpha)) as T;
	}
	const axis = checkNormalizer("entmax", scores, rest);
	checkAlpha(alpha, scores, axis);
	if (scores.size === 0) return zerosFor(scores.shape, scores, alpha) as T;
	return tf.tidy(() => {
		const mask = maskRows(rest.mask, scores.rank, axis);
		const perRow = alpha.rank === 0 || axis === scores.rank - 1 ? alpha : toRows(alpha, axis);
		const kernel: ParametricRowKernel = { ...trainableAlpha, forward: forwardWith(mask) };
		return withAxisLast(scores, axis, (rows) => runParametricRowKernel(kernel, rows, perRow)) as T;
	});
}

const toRows = (alpha: tf.Tensor, axis: number): tf.Tensor =>
	tf.transpose(alpha, swapWithLast(alpha.rank, axis));

function rowsOfAlpha(alpha: number): RowNormalizer {
	if (alpha === 1) return softmaxRows;
	if (alpha === 1.5) return entmax15Rows;
	if (alpha === 2) return sparsemaxRows;
	const used = Math.max(alpha, smallestAlpha);
	return {
		forward: (rows) => bisect(rows, tf.scalar(used)),
		backward: (weights, upstream) => entmaxBackward(slopes(weights, tf.scalar(used)), upstream),
	};
}

const forwardWith =
	(mask: tf.Tensor | undefined) =>
	(rows: tf.Tensor, alpha: tf.Tensor): tf.Tensor => {
		const live = liveScores(rows, mask);
		const weights = bisect(orElse(live, rows, lowestScore), tf.maximum(alpha, smallestAlpha));
		return tf.mul(weights, tf.cast(live, "float32"));
	};

const trainableAlpha: Pick<ParametricRowKernel, "backward" | "backwardParameter"> = {
	backward: (weights, upstream, alpha) => {
		return entmaxBackward(slopes(weights, tf.maximum(alpha, smallestAlpha)), upstream);
	},
	backwardParameter: (weights, upstream, parameter) => {
		const alpha = tf.maximum(parameter, smallestAlpha);
		const skewed = slopes(weights, alpha);
		const share = tf.divNoNan(skewed, tf.sum(skewed, -1, true)); // s̃
		const logWeights = tf.log(orElse(tf.greater(weights, 0), weights, 1));
		const entropy = tf.neg(tf.mul(weights, logWeights)); // h
		const excess = tf.sub(alpha, 1);
		const first = tf.div(tf.sub(weights, share), tf.square(excess));
		const second = tf.div(tf.sub(entropy, tf.mul(share, tf.sum(entropy, -1, true))), excess);
		return sumToShape(tf.mul(upstream, tf.add(first, second)), parameter.shape);
	},
};

/** `w^(2 - α)` on the support, 0 elsewhere. */
function slopes(weights: tf.Tensor, alpha: tf.Tensor): tf.Tensor {
	const support = tf.greater(weights, 0);
	const powers = tf.pow(orElse(support, weights, 1), tf.sub(2, alpha));
	return tf.mul(powers, tf.cast(support, "float32"));
}

/** Finds τ between `max - 1`, where the weights sum to at least 1, and `max`, where they sum to 0. */
function bisect(rows: tf.Tensor, alpha: tf.Tensor): tf.Tensor {
	const excess = tf.sub(alpha, 1);
	const exponent = tf.div(1, excess);
	const z = belowMaximum(rows, excess); // [..., n]
	let low = tf.sub(tf.max(z, -1, true), 1); // [..., 1]
	let width = 1;
	const weightsAt = (threshold: tf.Tensor): tf.Tensor => tf.pow(tf.relu(tf.sub(z, threshold)), exponent);
	for (let i = 0; i < halvings; i++) {
		width /= 2;
		const middle = tf.add(low, width);
		const enough = tf.greaterEqual(tf.sum(weightsAt(middle), -1, true), 1);
		low = tf.where(enough, middle, low);
	}
	return sumToOne(weightsAt(low));
}

/** Sums over the axes that were broadcast. */
function sumToShape(gradient: tf.Tensor, shape: number[]): tf.Tensor {
	if (shape.length === 0) return tf.sum(gradient);
	const axes = shape.map((_, axis) => axis).filter((axis) => shape[axis] === 1);
	return tf.sum(gradient, axes, true);
}

function checkAlpha(alpha: tf.Tensor, scores: tf.Tensor, axis: number): void {
	checkDtype("entmax", "alpha", alpha, "float32");
	const fits =
		alpha.rank === 0 ||
		(alpha.rank === scores.rank &&
			alpha.shape.every((size, i) => size === 1 || (i !== axis && size === scores.shape[i])));
	if (fits) return;
	throw new HeedError(
		"SHAPE",
		"entmax",
		`${describeShape("alpha", alpha.shape)} does not fit ${describeShape("scores", scores.shape)}: expected a scalar, or one value per row: rank ${scores.rank} with size 1 on axis ${axis} and every other size equal to the scores' or 1.`,
	);
}
