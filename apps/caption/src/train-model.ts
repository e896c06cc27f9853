import { countWeights, type OpenTraining, type Trained, trainAndKeep } from "@heed/command-line";
import type { Vocabulary } from "@heed/nlp";
import { captionPictures } from "./caption-pictures.ts";
import type { Captioner } from "./model/captioner.ts";
import { trainingBatches, validationBatches } from "./picture-batches.ts";
import { scoreCaptions } from "./score.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";

/**
 * Trains a captioner, and leaves it with the weights of the epoch that describes the validation pictures best: by how many
 * captions of scenes are true, or by BLEU-4.
 */
export function trainModel(
	training: OpenTraining<ModelSettings, Vocabulary>,
	model: Captioner,
	{ train, dev, heldOut, vocabulary }: TaskData,
	settings: Settings,
): Promise<Trained> {
	const { task, batchSize, maxLength } = settings.model;
	const highest = task === "scenes" ? "valTrue" : "valBleu";
	const judgedBy = heldOut.reduce((sum, { pictures }) => sum + pictures.length, 0);
	return trainAndKeep(training, {
		...{ model, settings, codec: vocabulary, highest },
		announce:
			`${train.length} pictures to learn from, ${dev.length} to decide when to stop, ${judgedBy} held out; ` +
			`${vocabulary.size} words; ${countWeights(model)} weights.`,
		learnsFrom: [train, dev],
		untrained: model.trainingState,
		data: trainingBatches(train, { vocabulary, batchSize, maxLength }),
		validation: validationBatches(dev, { vocabulary, batchSize, maxLength }),
		clipNorm: 1,
		loss: (batch, { training, seed }) => ({
			loss: model.loss(batch, training ? { trainingSeed: seed } : {}),
			weight: batch.live.dataSync<"float32">().reduce((sum, live) => sum + live, 0),
		}),
		evaluate: async () => {
			const captions = await captionPictures(model, vocabulary, dev, { beam: 1, maxLength });
			const texts = captions.map(({ words }) => words.join(" "));
			const score = scoreCaptions(texts, dev);
			return { [highest]: (score.true ?? score.bleu[3] ?? 0) / 100 };
		},
	});
}
