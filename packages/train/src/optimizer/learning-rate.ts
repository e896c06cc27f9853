import { checkNumber, HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";

/** What the host's optimizers have, partly hidden from TypeScript. */
interface RateHolder {
	learningRate?: unknown;
	setLearningRate?: (rate: number) => void;
}

/** The learning rate that an optimizer uses next, or `undefined` when it does not say. */
export function learningRateOf(optimizer: tf.Optimizer): number | undefined {
	const { learningRate } = optimizer as unknown as RateHolder; // protected in the host's types
	return typeof learningRate === "number" ? learningRate : undefined;
}

/** Sets the learning rate of an optimizer of the host or of this package. */
export function setLearningRate(optimizer: tf.Optimizer, rate: number): void {
	checkNumber("train", "learningRate", rate, { min: 0 });
	const holder = optimizer as unknown as RateHolder; // protected in the host's types
	if (holder.learningRate === rate) return;
	if (typeof holder.setLearningRate === "function") holder.setLearningRate(rate);
	else if (typeof holder.learningRate === "number") holder.learningRate = rate;
	else {
		throw new HeedError(
			"UNSUPPORTED",
			"train",
			`the learning rate of ${optimizer.getClassName()} cannot be set: it has neither \`learningRate\` nor ` +
				"`setLearningRate`. Leave out the option `learningRate`.",
		);
	}
}
