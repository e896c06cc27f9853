import type { Vocabulary } from "@heed/nlp";
import {
	Adam,
	exponentialDecay,
	type JsonValue,
	type TrainingObserver,
	type TrainingResult,
	type TrainingState,
	train,
} from "@heed/train";
import { letterAccuracy, scoreWords, wordAccuracy } from "../score.ts";
import type { Settings } from "../settings.ts";
import { readPictures } from "./read-pictures.ts";
import {
	countLetters,
	type DrawingSource,
	type DrawnWord,
	fixedBatches,
	trainingBatches,
} from "./word-batches.ts";
import type { WordReader } from "./word-reader.ts";

/** What {@link trainModel} needs besides the model and its words. */
export interface TrainModelOptions {
	readonly settings: Settings;
	/** Pictures of words that are not learned from, which choose the epoch. */
	readonly dev: readonly DrawnWord[];
	readonly letters: Vocabulary;
	/** Kept in the checkpoints. */
	readonly config: JsonValue;
	/** Goes on from here. */
	readonly state?: TrainingState | undefined;
	readonly observers: readonly TrainingObserver[];
}

/**
 * Trains a model with Adam, and leaves it with the weights of the epoch that reads the validation words best, letter by letter.
 *
 * The learning rate falls by the same factor in every epoch, whatever number of epochs is planned, so that training
 * longer is the same as having planned longer.
 */
export async function trainModel(
	model: WordReader,
	source: DrawingSource,
	{ settings: { model: settings, run }, dev, letters, config, state, observers }: TrainModelOptions,
): Promise<TrainingResult> {
	const data = trainingBatches(source, settings);
	const optimizer = new Adam({ learningRate: settings.learningRate });
	const words = dev.map(({ word }) => word);
	try {
		return await train({
			variables: model.weights,
			optimizer,
			data,
			validation: fixedBatches(dev, letters, settings.batchSize),
			loss: (batch) => ({ loss: model.loss(batch), weight: countLetters(batch) }),
			evaluate: async () => {
				const pictures = dev.map(({ picture }) => picture);
				const read = (await readPictures(model, letters, pictures)).map(({ text }) => text);
				const score = scoreWords(read, words);
				return { valLetters: letterAccuracy(score) / 100, valWords: wordAccuracy(score) / 100 };
			},
			epochs: run.epochs,
			seed: settings.seed,
			learningRate: exponentialDecay({
				rate: settings.learningRate,
				factor: settings.decay,
				every: data.batches,
			}),
			clipNorm: 1,
			earlyStopping: { monitor: "valLetters", mode: "max", patience: run.patience },
			observers,
			config,
			resume: state,
		});
	} finally {
		optimizer.dispose();
	}
}
