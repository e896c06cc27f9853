import {
	Adam,
	type BatchPlace,
	type BatchSource,
	exampleBatches,
	exponentialDecay,
	type JsonValue,
	type LossParts,
	type TrainingObserver,
	type TrainingResult,
	type TrainingState,
	train,
} from "@heed/train";
import { type FrameBatch, frameBatches } from "./frame-batch.ts";
import { answerAll } from "./looks.ts";
import { type QuestionBatch, questionBatch } from "./question-batch.ts";
import { scoreAnswers } from "./score.ts";
import type { Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";
import type { VideoExample } from "./video.ts";
import type { VideoQaModel } from "./video-qa-model.ts";

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
 * Trains a model with Adam, and leaves it with the weights of the epoch that answers the validation questions best.
 *
 * In the first epochs, if the settings say so, the convolutions alone learn what frames show; afterwards they learn it beside the
 * answers.
 *
 * The learning rate falls by the same factor in every epoch, whatever number of epochs is planned, so that training
 * longer is the same as having planned longer. It and Adam begin anew after the first epochs.
 */
export async function trainModel(
	model: VideoQaModel,
	data: TaskData,
	{ settings: { model: settings, run }, config, state, observers }: TrainModelOptions,
): Promise<TrainingResult> {
	const { batchSize, learningRate, decay, seed } = settings;
	const batchesOf = (examples: readonly VideoExample[], shuffle: boolean) =>
		exampleBatches({
			examples: examples.length,
			batchSize,
			shuffle,
			makeBatch: (chosen) => questionBatch(pick(examples, chosen), data.codec),
		});
	const questions = batchesOf(data.train, true);
	const { seenClasses } = data.codec;
	const frames = seenClasses === 0 ? undefined : frameBatches(data.train, seenClasses, questions.batches);
	const sourceOf = ({ epoch }: BatchPlace): BatchSource<FrameBatch | QuestionBatch> =>
		frames !== undefined && epoch < settings.frameEpochs ? frames : questions;
	const batches: BatchSource<FrameBatch | QuestionBatch> = {
		batches: questions.batches,
		size: (place) => sourceOf(place).size(place),
		batch: (place) => sourceOf(place).batch(place),
	};
	const optimizer = new Adam({ learningRate });
	const frameSteps = settings.frameEpochs * batches.batches;
	const rate = exponentialDecay({ rate: learningRate, factor: decay, every: batches.batches });
	// Adam counts its updates for all weights together: those that had none so far would first go several times too far.
	const afresh: TrainingObserver = {
		onEpoch({ epoch }) {
			if (epoch !== settings.frameEpochs) return;
			optimizer.restoreState({ kind: Adam.className, iterations: 0, tensors: new Map() }, []);
		},
	};
	const asked = data.dev.flatMap(({ questions }) => questions);
	try {
		return await train({
			variables: model.weights,
			optimizer,
			data: batches,
			validation: batchesOf(data.dev, false),
			loss: (batch, { training, seed: stepSeed }) =>
				"pairs" in batch ? model.seenLoss(batch) : lossParts(model, batch, training ? stepSeed : undefined),
			evaluate: async () => {
				const looks = await answerAll(model, data.codec, data.dev);
				const { types } = scoreAnswers(
					asked,
					looks.map(({ answer }) => answer),
				);
				return Object.fromEntries(
					[...types].map(([type, { right, count }]) => [`val ${type}`, right / count]),
				);
			},
			epochs: run.epochs,
			seed,
			learningRate: (step) => rate(step < frameSteps ? step : step - frameSteps),
			clipNorm: 1,
			earlyStopping: {
				monitor: "valAccuracy",
				mode: "max",
				patience: Math.max(run.patience, settings.frameEpochs), // which do not answer better
			},
			observers: [afresh, ...observers],
			config,
			resume: state,
		});
	} finally {
		optimizer.dispose();
	}
}

function lossParts(model: VideoQaModel, batch: QuestionBatch, trainingSeed: number | undefined): LossParts {
	const { loss, accuracy } = model.loss(batch, trainingSeed);
	return { loss, metrics: { accuracy }, weight: batch.owners.size };
}

function pick(examples: readonly VideoExample[], chosen: Int32Array): VideoExample[] {
	return Array.from(chosen, (index) => examples[index]).filter((example) => example !== undefined);
}
