import {
	Adam,
	exponentialDecay,
	type JsonValue,
	type TrainingObserver,
	type TrainingResult,
	type TrainingState,
	train,
} from "@heed/train";
import { judgingBatches, trainingBatches } from "./data/picture-batches.ts";
import type { Recognizer } from "./networks/recognizer.ts";
import type { Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";

/** What {@link trainModel} needs besides the network and its data. */
export interface TrainModelOptions {
	readonly settings: Settings;
	/** Kept in the checkpoints. */
	readonly config: JsonValue;
	/** Goes on from here. */
	readonly state?: TrainingState | undefined;
	readonly observers: readonly TrainingObserver[];
}

/**
 * Trains a network with Adam, and leaves it with the weights of the epoch that reads the validation pictures best.
 *
 * The learning rate falls by the same factor in every epoch, whatever number of epochs is planned, so that training
 * longer is the same as having planned longer.
 */
export async function trainModel(
	network: Recognizer,
	{ train: digits, validation, making }: TaskData,
	{ settings: { model: settings, run }, config, state, observers }: TrainModelOptions,
): Promise<TrainingResult> {
	const batches = trainingBatches(digits, making, settings.batchSize);
	const optimizer = new Adam({ learningRate: settings.learningRate });
	try {
		return await train({
			variables: network.weights,
			optimizer,
			data: batches,
			validation: judgingBatches(validation, settings.batchSize),
			loss: (batch, context) => network.loss(batch, context),
			epochs: run.epochs,
			seed: settings.seed,
			learningRate: exponentialDecay({
				rate: settings.learningRate,
				factor: settings.decay,
				every: batches.batches,
			}),
			clipNorm: 5,
			earlyStopping: { monitor: "valAccuracy", mode: "max", patience: run.patience },
			observers,
			config,
			resume: state,
		});
	} finally {
		optimizer.dispose();
	}
}
