import { type DifferentiableOp, runDifferentiableOp } from "@heed/core";
import type { ParameterInitializer } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerParts } from "./layer-parts.ts";

/** What {@link makeBatchNorm} accepts. The defaults are PyTorch's, where the first is called 1 − momentum. */
export interface BatchNormOptions {
	/** How much of the moving statistics stays at every step. Default 0.9. */
	readonly momentum?: number | undefined;
	/** Keeps the division finite. Default 1e-5. */
	readonly epsilon?: number | undefined;
	/** Default `ones`. */
	readonly gammaInitializer?: ParameterInitializer | undefined;
}

/** Normalises the last axis over all others. */
export type BatchNorm = <T extends tf.Tensor>(x: T, training: boolean) => T;

/**
 * Batch normalisation as a part of a layer:
 *
 *     y = gamma · (x − mean) / √(variance + ε) + beta        over all axes but the last
 *
 * In training with the mean and variance of this batch, which move the statistics for use along; those count the variance
 * with n − 1, as PyTorch does. The host's own operation has no gradient without gamma or beta, and none for its statistics.
 *
 * Weights `gamma`, `beta` [features]; statistics `movingMean`, `movingVariance` [features].
 *
 * Ioffe, Szegedy 2015, https://arxiv.org/abs/1502.03167
 */
export function makeBatchNorm(
	parts: LayerParts,
	features: number,
	options: BatchNormOptions = {},
): BatchNorm {
	const { momentum = 0.9, epsilon = 1e-5, gammaInitializer = "ones" } = options;
	const gamma = parts.add<tf.Rank.R1>("gamma", [features], gammaInitializer);
	const beta = parts.add<tf.Rank.R1>("beta", [features], "zeros");
	const movingMean = parts.addStatistic("movingMean", [features], "zeros");
	const movingVariance = parts.addStatistic("movingVariance", [features], "ones");

	const move = (statistic: typeof movingMean, value: tf.Tensor): void => {
		statistic.write(tf.add(tf.mul(statistic.read(), momentum), tf.mul(value, 1 - momentum)));
	};
	return <T extends tf.Tensor>(x: T, training: boolean): T =>
		tf.tidy(() => {
			if (!training) {
				const scale = tf.mul(gamma, tf.rsqrt(tf.add(movingVariance.read(), epsilon))); // [C]
				return tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(movingMean.read(), scale))) as T;
			}
			const rows = tf.reshape(x, [x.size / features, features]); // [N, C]
			const [n] = rows.shape;
			const outputs = runDifferentiableOp(batchNormOp, { x: rows, gamma, beta }, { epsilon });
			const [y, , , mean, variance] = outputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
			move(movingMean, mean);
			move(movingVariance, tf.mul(variance, n / Math.max(n - 1, 1)));
			return tf.reshape(y, x.shape) as T;
		});
}

const columnMean = (x: tf.Tensor): tf.Tensor => tf.div(tf.sum(x, 0), x.shape[0] ?? 1);

/** With the gradient written by hand, through the statistics of the batch too. */
const batchNormOp: DifferentiableOp<{ readonly epsilon: number }> = {
	kernelName: "HeedBatchNorm",
	inputsToSave: ["gamma"],
	gradients: ["x", "gamma", "beta"],
	outputCount: 5,

	forward: ({ x, gamma, beta }, { epsilon }) => {
		const mean = columnMean(x as tf.Tensor); // [C]
		const centered = tf.sub(x as tf.Tensor, mean); // [N, C]
		const variance = columnMean(tf.square(centered)); // [C]
		const inverse = tf.rsqrt(tf.add(variance, epsilon));
		const normalized = tf.mul(centered, inverse);
		const y = tf.add(tf.mul(normalized, gamma as tf.Tensor), beta as tf.Tensor);
		return [y, normalized, inverse, mean, variance];
	},

	backward: ([upstream], { gamma }, [, normalized, inverse]) => {
		const dy = upstream as tf.Tensor;
		const unit = normalized as tf.Tensor;
		const along = tf.mul(dy, unit);
		const rest = tf.sub(tf.sub(dy, columnMean(dy)), tf.mul(unit, columnMean(along)));
		const scale = tf.mul(gamma as tf.Tensor, inverse as tf.Tensor);
		return { x: tf.mul(rest, scale), gamma: tf.sum(along, 0), beta: tf.sum(dy, 0) };
	},
};
