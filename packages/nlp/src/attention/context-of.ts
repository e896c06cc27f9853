import { type DifferentiableOp, runDifferentiableOp } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * The weighted sum of the memory, one row of weights per query: `[B, Tq, S] · [B, S, M] = [B, Tq, M]`.
 *
 * A decoder asks with one query at a time. As a product of matrices that is one matrix of a single row per batch item,
 * in the gradient even of a single column, which costs more to set up than to compute: so there it is a broadcast
 * multiplication and a sum.
 */
export function contextOf(alignment: tf.Tensor3D, memory: tf.Tensor3D): tf.Tensor3D {
	const [batch, queries] = alignment.shape;
	if (queries !== 1) return tf.matMul(alignment, memory);
	const [context] = runDifferentiableOp(singleContextOp, { alignment, memory }, {}) as [tf.Tensor2D];
	return tf.reshape(context, [batch, 1, memory.shape[2]]);
}

const singleContextOp: DifferentiableOp<Record<string, never>> = {
	kernelName: "HeedSingleContext",
	inputsToSave: ["alignment", "memory"],
	gradients: ["alignment", "memory"],
	outputCount: 1,
	forward: (inputs) => {
		const { alignment, memory } = inputs as { alignment: tf.Tensor3D; memory: tf.Tensor3D };
		const [batch, source] = memory.shape;
		return [tf.sum(tf.mul(tf.reshape(alignment, [batch, source, 1]), memory), 1)]; // [B, M]
	},
	backward: ([upstream], inputs) => {
		const { alignment, memory } = inputs as { alignment: tf.Tensor3D; memory: tf.Tensor3D };
		const [batch, source, size] = memory.shape;
		const dContext = tf.reshape(upstream as tf.Tensor2D, [batch, 1, size]);
		return {
			alignment: tf.reshape(tf.sum(tf.mul(memory, dContext), 2), [batch, 1, source]),
			memory: tf.mul(tf.reshape(alignment, [batch, source, 1]), dContext),
		};
	},
};
