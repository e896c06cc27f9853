import * as tf from "@tensorflow/tfjs-core";
import type { AdamMoments, AdamStep } from "./adam-step.ts";

type DeviceMoments = Extract<AdamMoments, { kind: "device" }>;

/** Running sums of zero, kept until they are disposed of. */
export function deviceMoments(variable: tf.Variable): DeviceMoments {
	return tf.tidy(() => ({
		kind: "device" as const,
		mean: tf.keep(tf.zerosLike(variable)),
		square: tf.keep(tf.zerosLike(variable)),
	}));
}

/** One update in ten tensor operations, where nothing leaves the backend. */
export function adamDeviceStep(
	variable: tf.Variable,
	gradient: tf.Tensor,
	moments: DeviceMoments,
	{ beta1, beta2, rate, epsilon, keep }: AdamStep,
): void {
	tf.tidy(() => {
		const mean = tf.add(tf.mul(moments.mean, beta1), gradient);
		const square = tf.add(tf.mul(moments.square, beta2), tf.square(gradient));
		const change = tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), epsilon));
		variable.assign(tf.sub(keep === 1 ? variable : tf.mul(variable, keep), change));
		tf.dispose([moments.mean, moments.square]);
		moments.mean = tf.keep(mean);
		moments.square = tf.keep(square);
	});
}
