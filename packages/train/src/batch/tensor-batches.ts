import { checkOptions, describeShape, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { BatchSource } from "./batch-source.ts";
import { exampleBatches } from "./example-batches.ts";

/** Inputs and targets of a supervised model; lists for models with several. */
export interface SupervisedBatch {
	readonly inputs: tf.Tensor | readonly tf.Tensor[];
	readonly targets: tf.Tensor | readonly tf.Tensor[];
}

/** The options of {@link tensorBatches}. */
export interface TensorBatchesOptions extends SupervisedBatch {
	/** Examples per batch. Default 32. */
	readonly batchSize?: number;
	/** Another order in every epoch. Default true; false for validation. */
	readonly shuffle?: boolean;
	/** Leave out a last batch that is not full. Default false. */
	readonly dropLast?: boolean;
}

/** Batches of examples that lie along the first axis of tensors, which stay the caller's. */
export function tensorBatches(options: TensorBatchesOptions): BatchSource<SupervisedBatch> {
	const where = "tensorBatches";
	checkOptions(where, options, ["inputs", "targets", "batchSize", "shuffle", "dropLast"]);
	const { inputs, targets, batchSize = 32, shuffle = true, dropLast = false } = options;
	const all = [inputs, targets].flat() as tf.Tensor[];
	const examples = all[0]?.shape[0] ?? 0;
	const odd = all.find(({ shape }) => shape[0] !== examples);
	const shapes = all.map(({ shape }) => describeShape("", shape).trim()).join(", ");
	if (odd !== undefined) {
		throw new HeedError(
			"SHAPE",
			where,
			`the tensors ${shapes} do not hold the same number of examples along their first axis.`,
		);
	}
	if (examples === 0) {
		throw new HeedError("SHAPE", where, `the tensors ${shapes} hold no examples; expected at least 1.`);
	}
	return exampleBatches({
		examples,
		batchSize,
		shuffle,
		dropLast,
		makeBatch: (indices) => {
			const rows = tf.tensor1d(indices, "int32");
			const pick = (tensor: tf.Tensor): tf.Tensor => tf.gather(tensor, rows);
			const batch = { inputs: mapOneOrMany(inputs, pick), targets: mapOneOrMany(targets, pick) };
			rows.dispose();
			return batch;
		},
	});
}

function mapOneOrMany(
	tensors: tf.Tensor | readonly tf.Tensor[],
	map: (tensor: tf.Tensor) => tf.Tensor,
): tf.Tensor | readonly tf.Tensor[] {
	return tensors instanceof tf.Tensor ? map(tensors) : tensors.map(map);
}
