import { countWeights, type OpenTraining, type Trained, trainAndKeep } from "@heed/command-line";
import type { Tagger } from "@heed/nlp";
import type { Codec } from "./codec.ts";
import { scoreTags } from "./score.ts";
import { countWords, trainingBatches, validationBatches } from "./sentence-batches.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import { tagSentences } from "./tag-sentences.ts";
import type { TaskData } from "./task-data.ts";

/** Trains a tagger, and leaves it with the weights of the epoch that tags the validation sentences best. */
export function trainModel(
	training: OpenTraining<ModelSettings, Codec>,
	model: Tagger,
	{ codec, train, dev, devSentences, heldOut }: TaskData,
	settings: Settings,
): Promise<Trained> {
	const { task, batchSize } = settings.model;
	const texts = devSentences.map(({ words }) => words);
	const highest = task === "spans" ? "valF1" : "valAccuracy";
	return trainAndKeep(training, {
		...{ model, settings, codec, highest },
		announce:
			`${train.length} sentences to learn from, ${devSentences.length} to decide when to stop, ` +
			`${heldOut.length} held out; ${codec.tags.length} tags; ${countWeights(model)} weights.`,
		learnsFrom: [train, devSentences],
		data: trainingBatches(train, batchSize),
		validation: validationBatches(dev, batchSize),
		clipNorm: 1,
		loss: (batch, { training, seed }) => ({
			loss: model.loss(batch, training ? { trainingSeed: seed } : {}),
			weight: countWords(batch),
		}),
		evaluate: async () => {
			const taggings = await tagSentences(model, codec, texts);
			const predicted = taggings.map(({ tags }) => tags);
			return { [highest]: scoreTags(task, predicted, devSentences).value / 100 };
		},
	});
}
