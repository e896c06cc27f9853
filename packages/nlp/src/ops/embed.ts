import * as tf from "@tensorflow/tfjs-core";
import { type DifferentiableOp, runDifferentiableOp } from "./differentiable-op.ts";

/**
 * Looks up rows of a table, with a gradient that works on every backend: that of `tf.gather` needs a kernel which the
 * host's wasm backend lacks.
 *
 * @param table `[V, E]`.
 * @param ids int32 of any shape, each in `0 .. V - 1`.
 * @returns `[...ids, E]`.
 */
export function embed(table: tf.Tensor2D, ids: tf.Tensor): tf.Tensor {
	const [vocabularySize, size] = table.shape;
	const flat = tf.reshape(ids, [ids.size]);
	const [rows] = runDifferentiableOp(embedOp, { table, ids: flat }, { vocabularySize }) as [tf.Tensor];
	return tf.reshape(rows, [...ids.shape, size]);
}

const embedOp: DifferentiableOp<{ readonly vocabularySize: number }> = {
	kernelName: "HeedEmbed",
	inputsToSave: ["ids"],
	outputCount: 1,
	forward: ({ table, ids }) => [tf.gather(table as tf.Tensor2D, ids as tf.Tensor1D)],
	backward: ([upstream], { ids }, _, { vocabularySize }) => {
		const dy = upstream as tf.Tensor2D; // [N, E]
		const indices = tf.reshape(ids as tf.Tensor1D, [-1, 1]);
		return { table: tf.scatterND(indices, dy, [vocabularySize, dy.shape[1]]) }; // repeated ids add up
	},
};
