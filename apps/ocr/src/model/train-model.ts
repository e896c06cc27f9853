import { countWeights, type OpenTraining, type Trained, trainAndKeep } from "@heed/command-line";
import type { Vocabulary } from "@heed/nlp";
import { letterAccuracy, scoreWords, wordAccuracy } from "../score.ts";
import type { ModelSettings, Settings } from "../settings.ts";
import type { TaskData } from "../task-data.ts";
import { readPictures } from "./read-pictures.ts";
import { countLetters, fixedBatches, trainingBatches } from "./word-batches.ts";
import type { WordReader } from "./word-reader.ts";

/** Trains a model, and leaves it with the weights of the epoch that reads the validation words best, letter by letter. */
export function trainModel(
	training: OpenTraining<ModelSettings, Vocabulary>,
	model: WordReader,
	{ letters, words, faces, dev }: TaskData,
	settings: Settings,
): Promise<Trained> {
	const { pictures, batchSize } = settings.model;
	const outlines = faces.map((face) => face.outline("abcdefghijklmnopqrstuvwxyz"));
	return trainAndKeep(training, {
		...{ model, settings, codec: letters },
		announce:
			`${words.train.length} words in ${faces.length} faces to learn from, ${words.dev.length} words to decide when to stop, ` +
			`${words.test.length} held out; ${pictures} pictures per epoch; ${countWeights(model)} weights.`,
		learnsFrom: [words.train, words.dev, outlines],
		data: trainingBatches({ words: words.train, faces, letters }, { pictures, batchSize }),
		validation: fixedBatches(dev, letters, batchSize),
		clipNorm: 1,
		highest: "valLetters",
		loss: (batch) => ({ loss: model.loss(batch), weight: countLetters(batch) }),
		evaluate: async () => {
			const read = await readPictures(
				model,
				letters,
				dev.map(({ picture }) => picture),
			);
			const score = scoreWords(
				read.map(({ text }) => text),
				dev.map(({ word }) => word),
			);
			return { valLetters: letterAccuracy(score) / 100, valWords: wordAccuracy(score) / 100 };
		},
	});
}
