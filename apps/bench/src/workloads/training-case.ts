import { Adam, clipByGlobalNorm } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import type { TensorCase } from "./workload.ts";

/** What a training step is made of. */
export interface TrainingStep {
	/** The loss of one fixed batch. */
	readonly loss: () => tf.Scalar;
	readonly variables: readonly tf.Variable[];
	/** Clip the gradients to this norm. */
	readonly clipNorm?: number;
	/** Frees the model and the batch. */
	readonly dispose: () => void;
}

/**
 * A case that is one step of training: forward, backward, an update by Adam. Loss and gradients of the first step are what
 * is compared; the weights move on from step to step.
 */
export function trainingCase({ loss, variables, clipNorm, dispose }: TrainingStep): TensorCase {
	const optimizer = new Adam({ learningRate: 0.001 });
	const gradients = (): { value: tf.Scalar; grads: tf.NamedTensorMap } =>
		tf.variableGrads(loss, [...variables]);
	const apply = (grads: tf.NamedTensorMap): void =>
		optimizer.applyGradients(variables.map(({ name }) => ({ name, tensor: grads[name] as tf.Tensor })));
	return {
		async results() {
			const { value, grads } = gradients();
			const tensors = [value, ...variables.map(({ name }) => grads[name] as tf.Tensor)];
			const values = await Promise.all(tensors.map((tensor) => tensor.data()));
			apply(grads); // from here on the optimizer has its state, as in the middle of a training
			tf.dispose([value, grads]);
			return values;
		},
		run() {
			const { value, grads } = gradients();
			if (clipNorm === undefined) {
				apply(grads);
				tf.dispose(grads);
				return value;
			}
			return clipByGlobalNorm(Object.values(grads), clipNorm).then(({ gradients: clipped }) => {
				apply(Object.fromEntries(Object.keys(grads).map((name, i) => [name, clipped[i] as tf.Tensor])));
				tf.dispose([grads, ...clipped]);
				return value;
			});
		},
		dispose() {
			optimizer.dispose();
			dispose();
		},
	};
}
