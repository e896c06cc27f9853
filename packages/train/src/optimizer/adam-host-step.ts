import type { AdamStepAttributes } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { AdamMoments } from "./adam-step.ts";

type HostMoments = Extract<AdamMoments, { kind: "host" }>;

/** Below this a running sum is set to 0: numbers under 1e-38 are many times slower to compute with. */
const negligible = 1e-30;

/** Running sums of zero. */
export function hostMoments({ size }: tf.Variable): HostMoments {
	return { kind: "host", mean: new Float32Array(size), square: new Float32Array(size) };
}

/** One update in one pass over plain arrays, for backends whose tensors are such arrays. */
export function adamHostStep(
	variable: tf.Variable,
	gradient: tf.Tensor,
	{ mean, square }: HostMoments,
	{ beta1, beta2, rate, epsilon, keep }: AdamStepAttributes,
): void {
	const weights = variable.dataSync<"float32">();
	const slopes = gradient.dataSync<"float32">();
	// A new array: the old one may be seen by clones of the variable.
	const updated = new Float32Array(weights.length);
	for (let i = 0; i < updated.length; i++) {
		const slope = slopes[i] as number;
		let sum = beta1 * (mean[i] as number) + slope;
		if (sum < negligible && sum > -negligible) sum = 0;
		const squares = beta2 * (square[i] as number) + slope * slope;
		mean[i] = sum;
		square[i] = squares;
		updated[i] = keep * (weights[i] as number) - (rate * sum) / (Math.sqrt(squares) + epsilon);
	}
	const tensor = tf.tensor(updated, variable.shape);
	variable.assign(tensor);
	tensor.dispose();
}
