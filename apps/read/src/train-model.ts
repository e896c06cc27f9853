import { countWeights, type OpenTraining, type Trained, trainAndKeep } from "@heed/command-line";
import type { Reader } from "./build-model.ts";
import type { Codec } from "./codec.ts";
import { trainingBatches, validationBatches } from "./question-batches.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";

/** Trains a reader, and leaves it with the weights of the epoch of least validation loss. */
export function trainModel(
	training: OpenTraining<ModelSettings, Codec>,
	model: Reader,
	{ codec, train, validation, judged, left }: TaskData,
	settings: Settings,
): Promise<Trained> {
	const { batchSize } = settings.model;
	const sets = judged.map(({ name, questions }) => `${questions.length} about ${name}`).join(", ");
	const leftOut = `\n${left} questions are too long, or have no answer in their story: left out.`;
	return trainAndKeep(training, {
		...{ model, settings, codec, learnsFrom: [train, validation] },
		announce:
			`${train.length} questions to learn from, ${validation.length} to decide when to stop, ${sets}; ` +
			`${countWeights(model)} weights.${left > 0 ? leftOut : ""}`,
		data: trainingBatches(train, batchSize),
		validation: validationBatches(validation, batchSize),
		clipNorm: 5,
		loss: (batch, { training, seed }) => model.loss(batch, training ? { trainingSeed: seed } : {}),
	});
}
