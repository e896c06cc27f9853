import { ADAM_STEP, type AdamStepAttributes } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { AdamMoments } from "./adam-step.ts";

type DeviceMoments = Extract<AdamMoments, { kind: "device" }>;

/** Running sums of zero, kept until they are disposed of. */
export function deviceMoments(variable: tf.Variable): DeviceMoments {
	return tf.tidy(() => ({
		kind: "device" as const,
		mean: tf.keep(tf.zerosLike(variable)),
		square: tf.keep(tf.zerosLike(variable)),
	}));
}

/** One update in ten tensor operations, or in the one kernel that a backend may have for it; nothing leaves the backend. */
export function adamDeviceStep(
	variable: tf.Variable,
	gradient: tf.Tensor,
	moments: DeviceMoments,
	step: AdamStepAttributes,
): void {
	tf.tidy(() => {
		const fused = tf.getKernel(ADAM_STEP, tf.getBackend()) !== undefined;
		const compute = fused ? fusedStep : composedStep;
		const { weights, mean, square } = compute(variable, gradient, moments, step);
		variable.assign(weights);
		tf.dispose([moments.mean, moments.square]);
		moments.mean = tf.keep(mean);
		moments.square = tf.keep(square);
	});
}

interface Updated {
	readonly weights: tf.Tensor;
	readonly mean: tf.Tensor;
	readonly square: tf.Tensor;
}

function fusedStep(
	variable: tf.Variable,
	gradient: tf.Tensor,
	{ mean, square }: DeviceMoments,
	step: AdamStepAttributes,
): Updated {
	const inputs = { variable, gradient, mean, square };
	const outputs = tf.engine().runKernel(ADAM_STEP, inputs, { ...step }) as unknown as tf.Tensor[];
	const [newWeights, newMean, newSquare] = outputs as [tf.Tensor, tf.Tensor, tf.Tensor];
	return { weights: newWeights, mean: newMean, square: newSquare };
}

function composedStep(
	variable: tf.Variable,
	gradient: tf.Tensor,
	moments: DeviceMoments,
	{ beta1, beta2, rate, epsilon, keep }: AdamStepAttributes,
): Updated {
	const mean = tf.add(tf.mul(moments.mean, beta1), gradient);
	const square = tf.add(tf.mul(moments.square, beta2), tf.square(gradient));
	const change = tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), epsilon));
	return { weights: tf.sub(keep === 1 ? variable : tf.mul(variable, keep), change), mean, square };
}
