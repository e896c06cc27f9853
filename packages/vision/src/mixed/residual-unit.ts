import { checkChoice, checkNumber, convolution2d, HeedError } from "@heed/core";
import { project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { makeBatchNorm } from "../ops/batch-norm.ts";
import type { LayerParts } from "../ops/layer-parts.ts";

/** A map to a map of the same size. */
export type MapStep = (x: tf.Tensor4D, training: boolean) => tf.Tensor4D;

/** One step after the other. */
export function inSequence(steps: readonly MapStep[]): MapStep {
	return (x, training) => steps.reduce((seen, step) => step(seen, training), x);
}

interface ConvolutionSizes {
	readonly size: number;
	readonly inputSize: number;
	readonly outputSize: number;
	/** Only for a size above 1. */
	readonly groups?: number;
}

/** A convolution without a bias. Weights: `kernel` [in, out], or [size, size, in / groups, out] for a size above 1. */
export function makeConvolution(
	parts: LayerParts,
	{ size, inputSize, outputSize, groups = 1 }: ConvolutionSizes,
): MapStep {
	const inputs = inputSize / groups;
	const initializer = { deviation: Math.sqrt(2 / (size * size * inputs)) };
	const shape = size === 1 ? [inputs, outputSize] : [size, size, inputs, outputSize];
	const kernel = parts.add("kernel", shape as [number, number], initializer) as tf.Tensor;
	return (x) => {
		if (size === 1) return project(x, kernel as tf.Tensor2D);
		return convolution2d(x, kernel as tf.Tensor4D, { padding: "same", groups });
	};
}

/** `relu(batchNorm(x))` through {@link makeConvolution}. Weights: `norm/gamma`, `norm/beta` [in], and those of the convolution. */
export function makePreActivated(parts: LayerParts, sizes: ConvolutionSizes): MapStep {
	const norm = makeBatchNorm(parts.scope("norm"), sizes.inputSize);
	const convolve = makeConvolution(parts, sizes);
	return (x, training) => convolve(tf.relu(norm(x, training)), training);
}

/** `batchNorm` of {@link makeConvolution}. Weights: those of the convolution, `norm/gamma`, `norm/beta` [out]. */
export function makeNormed(parts: LayerParts, sizes: ConvolutionSizes): MapStep {
	const convolve = makeConvolution(parts, sizes);
	const norm = makeBatchNorm(parts.scope("norm"), sizes.outputSize);
	return (x, training) => norm(convolve(x, training), training);
}

/** `relu(x)`. */
export const activated: MapStep = (x) => tf.relu(x);

/**
 * The bottleneck of a residual network with its norms in front: 1×1 to a quarter of the channels, 3×3, 1×1 back, plus x. Weights:
 * {@link makePreActivated} under `0`, `1`, `2`; 17 C² / 16 + 3 C.
 */
export function makeResidualUnit(parts: LayerParts, channels: number): MapStep {
	const hidden = Math.max(Math.round(channels / 4), 1);
	const sizes = [
		{ size: 1, inputSize: channels, outputSize: hidden },
		{ size: 3, inputSize: hidden, outputSize: hidden },
		{ size: 1, inputSize: hidden, outputSize: channels },
	];
	const steps = inSequence(sizes.map((size, i) => makePreActivated(parts.scope(`${i}`), size)));
	return (x, training) => tf.add(x, steps(x, training));
}

/**
 * The bottleneck of ResNeXt: 1×1 to half of the channels, 3×3 in groups, 1×1 back, with a norm behind each and a ReLU between them,
 * plus x, and a ReLU of the sum. Weights: {@link makeNormed} under `0`, `1`, `2`; C² + 9 C² / (4 groups) + 4 C.
 */
export function makeResnextUnit(parts: LayerParts, channels: number, groups: number): MapStep {
	const hidden = resnextChannels(channels);
	const normed = [
		makeNormed(parts.scope("0"), { size: 1, inputSize: channels, outputSize: hidden }),
		makeNormed(parts.scope("1"), { size: 3, inputSize: hidden, outputSize: hidden, groups }),
		makeNormed(parts.scope("2"), { size: 1, inputSize: hidden, outputSize: channels }),
	];
	const steps = inSequence(normed.flatMap((step, i) => (i === 0 ? [step] : [activated, step])));
	return (x, training) => tf.relu(tf.add(x, steps(x, training)));
}

/** What the channels of the 3×3 of {@link makeResnextUnit} are. */
export function resnextChannels(channels: number): number {
	return Math.max(Math.round(channels / 2), 1);
}

/** Which units a network is made of. */
export interface ResidualUnitArgs {
	/**
	 * `residual` (default): norms in front of the convolutions, a quarter of the channels inside, as in Attention-56 and 92; `resnext`:
	 * norms behind them, half of the channels inside, which fall into `groups`, as in AttentionNeXt.
	 */
	readonly unit?: "residual" | "resnext" | undefined;
	/** Of `resnext`: parts of the channels that the 3×3 keeps apart. Default 32. */
	readonly groups?: number | undefined;
}

/** The names of {@link ResidualUnitArgs}. */
export const unitNames = ["unit", "groups"] as const;

/** Checks {@link ResidualUnitArgs} and fills in what is not given; units that have no groups have 1. */
export function resolveUnit(
	where: string,
	{ unit = "residual", groups }: ResidualUnitArgs,
): { readonly unit: "residual" | "resnext"; readonly groups: number } {
	checkChoice(where, "unit", unit, ["residual", "resnext"]);
	if (groups !== undefined) checkNumber(where, "groups", groups, { integer: true, min: 1 });
	if (unit === "resnext") return { unit, groups: groups ?? 32 };
	if (groups === undefined) return { unit, groups: 1 };
	throw new HeedError(
		"OPTION",
		where,
		"`groups` goes with `unit: 'resnext'` alone. Leave it out, or set that.",
	);
}
