import { giveWay } from "@heed/command-line";
import type { LabelledImages } from "@heed/command-line/digits";
import * as tf from "@tensorflow/tfjs-core";
import { buildClassifier, type ClassifierShape } from "./classifier.ts";
import { pictureBatches } from "./picture-batches.ts";

/** Steps before it is measured, and steps that are. */
const [before, measured] = [1, 7];

/**
 * How long the processor works for a step of training without the update, in milliseconds: the median, of models that take
 * turns, so that what else runs on the machine slows all of them.
 */
export async function stepTimes(
	shapes: readonly ClassifierShape[],
	pictures: LabelledImages,
	batchSize: number,
): Promise<number[]> {
	const batches = pictureBatches(pictures, { classes: shapes[0]?.classes ?? 1, batchSize, shuffle: false });
	const { inputs, targets } = await batches.batch({ epoch: 0, index: 0, seed: 0 });
	const models = shapes.map((shape) => ({ ...buildClassifier(shape), times: [] as number[] }));
	for (let round = 0; round < before + measured; round++) {
		for (const { scores, times } of models) {
			await giveWay();
			const start = process.cpuUsage();
			const { value, grads } = tf.variableGrads(() => {
				const output = scores.apply(inputs as tf.Tensor, { training: true }) as tf.Tensor;
				return tf.losses.softmaxCrossEntropy(targets as tf.Tensor, output);
			});
			await value.data();
			tf.dispose([value, grads] as tf.TensorContainer);
			const { user, system } = process.cpuUsage(start);
			if (round >= before) times.push((user + system) / 1000);
		}
	}
	for (const model of models) model.dispose();
	tf.dispose([inputs, targets] as tf.Tensor[]);
	return models.map(({ times }) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN);
}
