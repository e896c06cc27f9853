import { type AttentionClassifier, type LabelledDocuments, sequenceLoss } from "@heed/nlp";
import {
	Adam,
	exponentialDecay,
	type JsonValue,
	type LossParts,
	type TrainingObserver,
	type TrainingResult,
	type TrainingState,
	train,
} from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import { trainingBatches, validationBatches } from "./piece-batches.ts";
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
 * Trains a model with Adam, and leaves it with the weights of the epoch of least validation loss.
 *
 * The learning rate falls by the same factor in every epoch, whatever number of epochs is planned, so that training
 * longer is the same as having planned longer.
 */
export async function trainModel(
	model: AttentionClassifier,
	data: TaskData,
	{ settings: { model: settings, run }, config, state, observers }: TrainModelOptions,
): Promise<TrainingResult> {
	const batches = trainingBatches(data.train, settings);
	const optimizer = new Adam({ learningRate: settings.learningRate });
	try {
		return await train({
			variables: model.weights,
			optimizer,
			data: batches,
			validation: validationBatches(data.validation, settings),
			loss: (batch, { training, seed }) =>
				training ? model.loss(batch, { trainingSeed: seed }) : compare(model, batch),
			epochs: run.epochs,
			seed: settings.seed,
			learningRate: exponentialDecay({
				rate: settings.learningRate,
				factor: settings.decay,
				every: batches.batches,
			}),
			clipNorm: 1,
			earlyStopping: { patience: run.patience },
			observers,
			config,
			resume: state,
		});
	} finally {
		optimizer.dispose();
	}
}

/** The cross entropy alone, without the penalty of structured pooling, and how many pieces are right. */
function compare(model: AttentionClassifier, batch: LabelledDocuments): LossParts {
	const logits = model.logits(batch); // [B, C]
	const right = tf.cast(tf.equal(tf.argMax(logits, 1), batch.labels), "float32"); // [B]
	return { loss: sequenceLoss(logits, batch.labels), metrics: { accuracy: tf.mean(right) } };
}
