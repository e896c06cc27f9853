import { checkDtype, checkRank, type DifferentiableOp, runDifferentiableOp } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkIds } from "./check-ids.ts";

/**
 * Looks up rows of a table, with a gradient that works on every backend: that of `tf.gather` needs a kernel which the
 * host's wasm backend lacks.
 *
 * When not to use it: for a choice that is to be differentiated; ids have no gradient.
 *
 * @param table `[V, E]`.
 * @param ids int32 of any shape, each in `0 .. V - 1`.
 * @returns `[...ids, E]`.
 * @throws HeedError `SHAPE`, `DTYPE`; `VALUE` for ids that the table does not have, on backends that compute in plain memory.
 */
export function embed(table: tf.Tensor2D, ids: tf.Tensor): tf.Tensor {
	checkRank("embed", "table", table, ["vocabulary", "size"]);
	checkDtype("embed", "ids", ids, "int32");
	checkIds("embed", "ids", ids, table.shape[0], "the table");
	const [vocabularySize, size] = table.shape;
	return tf.tidy(() => {
		const flat = tf.reshape(ids, [ids.size]);
		const [rows] = runDifferentiableOp(embedOp, { table, ids: flat }, { vocabularySize }) as [tf.Tensor];
		return tf.reshape(rows, [...ids.shape, size]);
	});
}

const embedOp: DifferentiableOp<{ readonly vocabularySize: number }> = {
	kernelName: "HeedEmbed",
	inputsToSave: ["ids"],
	gradients: ["table"],
	outputCount: 1,
	forward: ({ table, ids }) => [tf.gather(table as tf.Tensor2D, ids as tf.Tensor1D)],
	backward: ([upstream], { ids }, _, { vocabularySize }) => {
		const dy = upstream as tf.Tensor2D; // [N, E]
		const indices = tf.reshape(ids as tf.Tensor1D, [-1, 1]);
		return { table: tf.scatterND(indices, dy, [vocabularySize, dy.shape[1]]) }; // repeated ids add up
	},
};
