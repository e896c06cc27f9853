import { convolution2d } from "@heed/core";
import type { ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Convolutions 3×3 one after the other, each with a ReLU, on maps that keep their size. Weights: `0/kernel` [3, 3, channels,
 * filters], `0/bias`, `1/kernel`, …
 */
export function makeConvolutionStack(
	parameters: ParameterScope,
	channels: number,
	filters: readonly number[],
): (x: tf.Tensor4D) => tf.Tensor4D {
	const steps = filters.map((outputs, i) => {
		const inputs = filters[i - 1] ?? channels;
		const kernel = parameters.add<tf.Rank.R4>(`${i}/kernel`, [3, 3, inputs, outputs], "heNormal");
		const bias = parameters.add<tf.Rank.R1>(`${i}/bias`, [outputs], "zeros");
		return (x: tf.Tensor4D): tf.Tensor4D =>
			tf.relu(tf.add(convolution2d(x, kernel, { padding: "same" }), bias));
	});
	return (x) => steps.reduce((seen, step) => step(seen), x);
}
