import type { Tagger } from "@heed/nlp";
import {
	Adam,
	exponentialDecay,
	type JsonValue,
	type TrainingObserver,
	type TrainingResult,
	type TrainingState,
	train,
} from "@heed/train";
import { scoreTags } from "./score.ts";
import { countWords, trainingBatches, validationBatches } from "./sentence-batches.ts";
import type { Settings } from "./settings.ts";
import { tagSentences } from "./tag-sentences.ts";
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
 * Trains a model with Adam, and leaves it with the weights of the epoch that tags the validation sentences best.
 *
 * The learning rate falls by the same factor in every epoch, whatever number of epochs is planned, so that training
 * longer is the same as having planned longer.
 */
export async function trainModel(
	model: Tagger,
	data: TaskData,
	{ settings: { model: settings, run }, config, state, observers }: TrainModelOptions,
): Promise<TrainingResult> {
	const batches = trainingBatches(data.train, settings.batchSize);
	const optimizer = new Adam({ learningRate: settings.learningRate });
	const texts = data.devSentences.map(({ words }) => words);
	const monitor = settings.task === "spans" ? "valF1" : "valAccuracy";
	try {
		return await train({
			variables: model.weights,
			optimizer,
			data: batches,
			validation: validationBatches(data.dev, settings.batchSize),
			loss: (batch, { training, seed }) => ({
				loss: model.loss(batch, training ? { trainingSeed: seed } : {}),
				weight: countWords(batch),
			}),
			evaluate: async () => {
				const taggings = await tagSentences(model, data.codec, texts);
				const predicted = taggings.map(({ tags }) => tags);
				return { [monitor]: scoreTags(settings.task, predicted, data.devSentences).value / 100 };
			},
			epochs: run.epochs,
			seed: settings.seed,
			learningRate: exponentialDecay({
				rate: settings.learningRate,
				factor: settings.decay,
				every: batches.batches,
			}),
			clipNorm: 1,
			earlyStopping: { monitor, mode: "max", patience: run.patience },
			observers,
			config,
			resume: state,
		});
	} finally {
		optimizer.dispose();
	}
}
