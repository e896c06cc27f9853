import { countWeights, type OpenTraining, type Trained, trainAndKeep } from "@heed/command-line";
import { type BatchPlace, type BatchSource, exampleBatches, type LossParts } from "@heed/train";
import type { Codec } from "./codec.ts";
import { type FrameBatch, frameBatches } from "./frame-batch.ts";
import { answerAll } from "./looks.ts";
import { type QuestionBatch, questionBatch } from "./question-batch.ts";
import { scoreAnswers } from "./score.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";
import type { VideoExample } from "./video.ts";
import type { VideoQaModel } from "./video-qa-model.ts";

/**
 * Trains a model, and leaves it with the weights of the epoch that answers the validation questions best.
 *
 * In the first epochs, if the settings say so, the convolutions alone learn what frames show; afterwards they learn it beside the
 * answers.
 */
export function trainModel(
	training: OpenTraining<ModelSettings, Codec>,
	model: VideoQaModel,
	data: TaskData,
	settings: Settings,
): Promise<Trained> {
	const { batchSize, frameEpochs } = settings.model;
	const { train, dev, test, codec } = data;
	const batchesOf = (examples: readonly VideoExample[], shuffle: boolean) =>
		exampleBatches({
			examples: examples.length,
			batchSize,
			shuffle,
			makeBatch: (chosen) => questionBatch(pick(examples, chosen), codec),
		});
	const questions = batchesOf(train, true);
	const { seenClasses } = codec;
	const frames = seenClasses === 0 ? undefined : frameBatches(train, seenClasses, questions.batches);
	const sourceOf = ({ epoch }: BatchPlace): BatchSource<FrameBatch | QuestionBatch> =>
		frames !== undefined && epoch < frameEpochs ? frames : questions;
	const asked = dev.flatMap((example) => example.questions);
	return trainAndKeep<ModelSettings, Codec, FrameBatch | QuestionBatch>(training, {
		...{ model, settings, codec, learnsFrom: [train, dev], clipNorm: 1, highest: "valAccuracy" },
		announce:
			`${train.length} videos to learn from, ${dev.length} to decide when to stop, ${test.length} held out, ` +
			`with ${countQuestions(train)}, ${countQuestions(dev)} and ${countQuestions(test)} questions; ` +
			`${codec.answers.length} answers; ${countWeights(model)} weights.`,
		data: {
			batches: questions.batches,
			size: (place) => sourceOf(place).size(place),
			batch: (place) => sourceOf(place).batch(place),
		},
		validation: batchesOf(dev, false),
		preparingEpochs: frameEpochs,
		loss: (batch, { training: learns, seed }) =>
			"pairs" in batch ? model.seenLoss(batch) : lossParts(model, batch, learns ? seed : undefined),
		evaluate: async () => {
			const looks = await answerAll(model, codec, dev);
			const { types } = scoreAnswers(
				asked,
				looks.map(({ answer }) => answer),
			);
			return Object.fromEntries([...types].map(([type, { right, count }]) => [`val ${type}`, right / count]));
		},
	});
}

/** How many questions there are about videos. */
export function countQuestions(examples: readonly VideoExample[]): number {
	return examples.reduce((sum, { questions }) => sum + questions.length, 0);
}

function lossParts(model: VideoQaModel, batch: QuestionBatch, trainingSeed: number | undefined): LossParts {
	const { loss, accuracy } = model.loss(batch, trainingSeed);
	return { loss, metrics: { accuracy }, weight: batch.owners.size };
}

function pick(examples: readonly VideoExample[], chosen: Int32Array): VideoExample[] {
	return Array.from(chosen, (index) => examples[index]).filter((example) => example !== undefined);
}
