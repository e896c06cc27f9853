import { countWeights, type OpenTraining, type Trained, trainAndKeep } from "@heed/command-line";
import { modelTask } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import type { Classifier } from "./classifier.ts";
import type { Codec } from "./codec.ts";
import { pictureBatches } from "./picture-batches.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";

/** Trains a model, and leaves it with the weights of the epoch whose loss on the pictures for validation is least. */
export function trainModel(
	training: OpenTraining<ModelSettings, Codec>,
	model: Classifier,
	{ train, dev, test, codec }: TaskData,
	settings: Settings,
): Promise<Trained> {
	const { attention, batchSize } = settings.model;
	const options = { classes: codec.classes.length, batchSize };
	return trainAndKeep(training, {
		...{ model, settings, codec, learnsFrom: [train, dev] },
		announce:
			`${attention}: ${train.count} pictures to learn from, ${dev.count} to decide when to stop, ` +
			`${test.count} held out; ${options.classes} classes; ${countWeights({ weights: model.trained })} weights.`,
		...modelTask(model.scores, {
			loss: (target, output) => tf.losses.softmaxCrossEntropy(target, output),
			metrics: { accuracy: hits },
		}),
		data: pictureBatches(train, { ...options, shuffle: true }),
		validation: pictureBatches(dev, { ...options, shuffle: false }),
		clipNorm: 1,
	});
}

/** 1 where the class with the highest score is the right one, else 0. */
function hits(target: tf.Tensor, output: tf.Tensor): tf.Tensor {
	return tf.cast(tf.equal(tf.argMax(target, -1), tf.argMax(output, -1)), "float32");
}
