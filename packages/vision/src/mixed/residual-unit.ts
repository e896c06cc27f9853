import { convolution2d } from "@heed/core";
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

/**
 * `relu(batchNorm(x))` through a convolution without a bias. Weights: `norm/gamma`, `norm/beta` [in], `kernel` [in, out], or
 * [size, size, in, out] for a size above 1.
 */
export function makePreActivated(
	parts: LayerParts,
	{ size, inputSize, outputSize }: { size: number; inputSize: number; outputSize: number },
): MapStep {
	const norm = makeBatchNorm(parts.scope("norm"), inputSize);
	const initializer = { deviation: Math.sqrt(2 / (size * size * inputSize)) };
	const shape = size === 1 ? [inputSize, outputSize] : [size, size, inputSize, outputSize];
	const kernel = parts.add("kernel", shape as [number, number], initializer) as tf.Tensor;
	return (x, training) => {
		const active = tf.relu(norm(x, training));
		if (size === 1) return project(active, kernel as tf.Tensor2D);
		return convolution2d(active, kernel as tf.Tensor4D, { padding: "same" });
	};
}

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
