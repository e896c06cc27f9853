import {
	checkDtype,
	checkNumber,
	checkOptions,
	checkShape,
	type DifferentiableOp,
	describeShape,
	runDifferentiableOp,
} from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/** What {@link layerNorm} and {@link rmsNorm} accept. */
export interface FeatureNormOptions {
	/** Keeps the division finite. Default 1e-5 for {@link layerNorm}, 1e-6 for {@link rmsNorm}. */
	readonly epsilon?: number | undefined;
}

/**
 * Brings the features of every position to mean 0 and variance 1, then scales and shifts them:
 *
 *     y = gamma · (x − mean(x)) / √(variance(x) + ε) + beta        over the last axis
 *
 * Ba, Kiros, Hinton 2016, "Layer Normalization", https://arxiv.org/abs/1607.06450
 *
 * When not to use it: over a few features, of which little is left without mean and scale: with two, only their order.
 *
 * @param x Float32 `[..., features]`.
 * @param gamma `[features]`.
 * @param beta `[features]`; without it nothing is added.
 * @returns The shape of `x`; differentiable in all three.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
 */
export function layerNorm<T extends tf.Tensor>(
	x: T,
	gamma: tf.Tensor1D,
	beta?: tf.Tensor1D,
	options: FeatureNormOptions = {},
): T {
	const { epsilon = 1e-5 } = options;
	checkNorm("layerNorm", x, { gamma, ...(beta && { beta }) }, options);
	return tf.tidy(() => {
		const scaled = normalize(x, gamma, { epsilon, center: true });
		return beta === undefined ? scaled : tf.add(scaled, beta);
	});
}

/**
 * Brings the features of every position to root mean square 1, then scales them:
 *
 *     y = gamma · x / √(mean(x²) + ε)        over the last axis
 *
 * Zhang, Sennrich 2019, "Root Mean Square Layer Normalization", https://arxiv.org/abs/1910.07467
 *
 * When not to use it: for weights that were trained with {@link layerNorm}, which also takes the mean off.
 *
 * @param x Float32 `[..., features]`.
 * @param gamma `[features]`.
 * @returns The shape of `x`; differentiable in both.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
 */
export function rmsNorm<T extends tf.Tensor>(x: T, gamma: tf.Tensor1D, options: FeatureNormOptions = {}): T {
	const { epsilon = 1e-6 } = options;
	checkNorm("rmsNorm", x, { gamma }, options);
	return tf.tidy(() => normalize(x, gamma, { epsilon, center: false }));
}

function checkNorm(
	where: string,
	x: tf.Tensor,
	weights: Readonly<Record<string, tf.Tensor>>,
	options: FeatureNormOptions,
): void {
	checkOptions(where, options, ["epsilon"]);
	if (options.epsilon !== undefined) checkNumber(where, "epsilon", options.epsilon, { min: 0 });
	checkDtype(where, "x", x, "float32");
	const features = x.shape.at(-1) ?? null;
	const reason = describeShape("x", x.shape);
	for (const [name, weight] of Object.entries(weights)) {
		checkShape(where, name, weight, ["features"], [features], reason);
	}
}

type NormAttributes = { readonly epsilon: number; readonly center: boolean };

function normalize<T extends tf.Tensor>(x: T, gamma: tf.Tensor1D, attributes: NormAttributes): T {
	if (x.size === 0) return tf.mul(x, gamma);
	const [features] = gamma.shape;
	const rows = tf.reshape(x, [x.size / features, features]); // [N, D]
	const [y] = runDifferentiableOp(normOp, { x: rows, gamma }, attributes) as [tf.Tensor];
	return tf.reshape(y, x.shape) as T;
}

/** The mean of every row of `[N, D]`, as `[N, 1]`. */
const rowMean = (x: tf.Tensor): tf.Tensor => tf.div(tf.sum(x, 1, true), x.shape[1] ?? 1);

/** With the gradient written by hand: the tape of the composition is four times as long. */
const normOp: DifferentiableOp<NormAttributes> = {
	kernelName: "HeedFeatureNorm",
	inputsToSave: ["gamma"],
	gradients: ["x", "gamma"],
	outputCount: 3,

	forward: ({ x, gamma }, { epsilon, center }) => {
		const rows = x as tf.Tensor2D;
		const centered = center ? tf.sub(rows, rowMean(rows)) : rows;
		const inverse = tf.rsqrt(tf.add(rowMean(tf.square(centered)), epsilon)); // [N, 1]
		const normalized = tf.mul(centered, inverse); // [N, D]
		return [tf.mul(normalized, gamma as tf.Tensor), normalized, inverse];
	},

	backward: ([upstream], { gamma }, [, normalized, inverse], { center }) => {
		const dy = upstream as tf.Tensor;
		const unit = normalized as tf.Tensor;
		const d = tf.mul(dy, gamma as tf.Tensor); // [N, D]
		const along = tf.mul(unit, rowMean(tf.mul(d, unit)));
		const rest = tf.sub(center ? tf.sub(d, rowMean(d)) : d, along);
		return { x: tf.mul(rest, inverse as tf.Tensor), gamma: tf.sum(tf.mul(dy, unit), 0) };
	},
};
