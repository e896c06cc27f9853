import { Seq2Seq } from "@heed/nlp";
import {
	Adam,
	exponentialDecay,
	type JsonValue,
	type TrainingObserver,
	type TrainingResult,
	type TrainingState,
	train,
} from "@heed/train";
import { type buildModel, lossOf } from "./build-model.ts";
import { trainingBatches, validationBatches } from "./pair-batches.ts";
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
 * Trains a model by teacher forcing, with Adam, and leaves it with the weights of the epoch of least validation loss.
 *
 * The learning rate falls by the same factor in every epoch, whatever number of epochs is planned, so that training
 * longer is the same as having planned longer.
 */
export async function trainModel(
	model: ReturnType<typeof buildModel>,
	data: TaskData,
	{ settings: { model: settings, run }, config, state, observers }: TrainModelOptions,
): Promise<TrainingResult> {
	const batches = trainingBatches(data.train, settings.batchSize);
	const optimizer = new Adam({ learningRate: settings.learningRate });
	try {
		return await train({
			variables: model.weights,
			untrained: model instanceof Seq2Seq ? model.trainingState : {},
			optimizer,
			data: batches,
			validation: validationBatches(data.validation, settings.batchSize),
			loss: (batch, { training, seed }) => ({
				loss: lossOf(model, batch, settings, training ? seed : undefined),
				weight: batch.predicted,
			}),
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
