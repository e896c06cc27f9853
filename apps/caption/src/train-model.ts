import {
	Adam,
	exponentialDecay,
	type JsonValue,
	type TrainingObserver,
	type TrainingResult,
	type TrainingState,
	train,
} from "@heed/train";
import { captionPictures } from "./caption-pictures.ts";
import type { Captioner } from "./model/captioner.ts";
import { trainingBatches, validationBatches } from "./picture-batches.ts";
import { scoreCaptions } from "./score.ts";
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
 * Trains a model with Adam, and leaves it with the weights of the epoch that describes the validation pictures best: by how
 * many captions of scenes are true, or by BLEU-4.
 *
 * The learning rate falls by the same factor in every epoch, whatever number of epochs is planned, so that training
 * longer is the same as having planned longer.
 */
export async function trainModel(
	model: Captioner,
	{ train: pictures, dev, vocabulary }: TaskData,
	{ settings: { model: settings, run }, config, state, observers }: TrainModelOptions,
): Promise<TrainingResult> {
	const { batchSize, maxLength, learningRate, decay, seed } = settings;
	const batches = trainingBatches(pictures, { vocabulary, batchSize, maxLength });
	const optimizer = new Adam({ learningRate });
	const monitor = settings.task === "scenes" ? "valTrue" : "valBleu";
	try {
		return await train({
			variables: model.weights,
			untrained: model.trainingState,
			optimizer,
			data: batches,
			validation: validationBatches(dev, { vocabulary, batchSize, maxLength }),
			loss: (batch, step) => ({
				loss: model.loss(batch, step.training ? { trainingSeed: step.seed } : {}),
				weight: batch.live.dataSync<"float32">().reduce((sum, live) => sum + live, 0),
			}),
			evaluate: async () => {
				const captions = await captionPictures(model, vocabulary, dev, { beam: 1, maxLength });
				const score = scoreCaptions(
					captions.map(({ words }) => words.join(" ")),
					dev,
				);
				return { [monitor]: (score.true ?? score.bleu[3] ?? 0) / 100 };
			},
			epochs: run.epochs,
			seed,
			learningRate: exponentialDecay({ rate: learningRate, factor: decay, every: batches.batches }),
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
