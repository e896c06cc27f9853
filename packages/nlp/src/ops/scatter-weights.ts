import { type DifferentiableOp, runDifferentiableOp } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Sums the weights of each row by id: `result(r, c) = Σ over s with ids(r, s) = c of weights(r, s)`. Differentiable in the
 * weights on every backend; `tf.scatterND` is not.
 *
 * @param weights `[R, S]`.
 * @param ids int32 `[R, S]`, each in `0 .. classes - 1`.
 * @returns `[R, classes]`.
 */
export function scatterWeights(weights: tf.Tensor2D, ids: tf.Tensor2D, classes: number): tf.Tensor2D {
	return tf.tidy(() => {
		const [rows, source] = ids.shape;
		const row = tf.broadcastTo(tf.reshape(tf.range(0, rows, 1, "int32"), [rows, 1]), [rows, source]);
		const indices = tf.reshape(tf.stack([row, ids], 2), [rows * source, 2]); // [R·S, 2]
		return runDifferentiableOp(scatterOp, { weights, indices }, { classes })[0] as tf.Tensor2D;
	});
}

const scatterOp: DifferentiableOp<{ readonly classes: number }> = {
	kernelName: "HeedScatterWeights",
	inputsToSave: ["weights", "indices"],
	gradients: ["weights"],
	outputCount: 1,
	forward: (inputs, { classes }) => {
		const { weights, indices } = inputs as { weights: tf.Tensor2D; indices: tf.Tensor2D };
		const [rows] = weights.shape;
		const flat = tf.reshape(weights, [weights.size]);
		return [tf.scatterND(indices, flat, [rows, classes])]; // repeated indices add up
	},
	backward: ([upstream], inputs) => {
		const { weights, indices } = inputs as { weights: tf.Tensor2D; indices: tf.Tensor2D };
		return { weights: tf.reshape(tf.gatherND(upstream as tf.Tensor2D, indices), weights.shape) };
	},
};
