import {
	Adam,
	exponentialDecay,
	type JsonValue,
	modelTask,
	type TrainingObserver,
	type TrainingResult,
	type TrainingState,
	train,
} from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import type { Classifier } from "./classifier.ts";
import { pictureBatches } from "./picture-batches.ts";
import type { Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";

/** What {@link trainModel} needs besides the model and its data. */
export interface TrainModelOptions {
	readonly settings: Settings;
	/** Kept in the checkpoints. */
	readonly config: JsonValue;
	/** Goes on from here. */
	readonly state?: TrainingState | undefined;
	readonly observers: readonly TrainingObserver[];
}

/**
 * Trains a model with Adam, and leaves it with the weights of the epoch whose loss on the pictures for validation is least.
 *
 * The learning rate falls by the same factor in every epoch, whatever number of epochs is planned, so that training
 * longer is the same as having planned longer.
 */
export async function trainModel(
	{ scores }: Classifier,
	{ train: pictures, dev, codec }: TaskData,
	{ settings: { model: settings, run }, config, state, observers }: TrainModelOptions,
): Promise<TrainingResult> {
	const options = { classes: codec.classes.length, batchSize: settings.batchSize };
	const batches = pictureBatches(pictures, { ...options, shuffle: true });
	const optimizer = new Adam({ learningRate: settings.learningRate });
	try {
		return await train({
			...modelTask(scores, {
				loss: (target, output) => tf.losses.softmaxCrossEntropy(target, output),
				metrics: { accuracy: (target, output) => hits(target, output) },
			}),
			optimizer,
			data: batches,
			validation: pictureBatches(dev, { ...options, shuffle: false }),
			epochs: run.epochs,
			seed: settings.seed,
			learningRate: exponentialDecay({
				rate: settings.learningRate,
				factor: settings.decay,
				every: batches.batches,
			}),
			clipNorm: 1,
			earlyStopping: { monitor: "valLoss", mode: "min", patience: run.patience },
			observers,
			config,
			resume: state,
		});
	} finally {
		optimizer.dispose();
	}
}

/** 1 where the class with the highest score is the right one, else 0. */
function hits(target: tf.Tensor, output: tf.Tensor): tf.Tensor {
	return tf.cast(tf.equal(tf.argMax(target, -1), tf.argMax(output, -1)), "float32");
}
