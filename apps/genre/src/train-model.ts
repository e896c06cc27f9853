import { countWeights, type OpenTraining, type Trained, trainAndKeep } from "@heed/command-line";
import { type AttentionClassifier, type LabelledDocuments, sequenceLoss } from "@heed/nlp";
import type { LossParts } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import type { Codec } from "./codec.ts";
import { trainingBatches, validationBatches } from "./piece-batches.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";

/** Trains a classifier, and leaves it with the weights of the epoch of least validation loss. */
export function trainModel(
	training: OpenTraining<ModelSettings, Codec>,
	model: AttentionClassifier,
	{ codec, train, validation, heldOut }: TaskData,
	settings: Settings,
): Promise<Trained> {
	return trainAndKeep(training, {
		...{ model, settings, codec, learnsFrom: [train, validation] },
		announce:
			`${train.length} pieces to learn from, ${validation.length} to decide when to stop, ` +
			`${heldOut.length} held out; ${codec.labels.length} labels; ${countWeights(model)} weights.`,
		data: trainingBatches(train, settings.model),
		validation: validationBatches(validation, settings.model),
		clipNorm: 1,
		loss: (batch, { training, seed }) =>
			training ? model.loss(batch, { trainingSeed: seed }) : compare(model, batch),
	});
}

/** The cross entropy alone, without the penalty of structured pooling, and how many pieces are right. */
function compare(model: AttentionClassifier, batch: LabelledDocuments): LossParts {
	const logits = model.logits(batch); // [B, C]
	const right = tf.cast(tf.equal(tf.argMax(logits, 1), batch.labels), "float32"); // [B]
	return { loss: sequenceLoss(logits, batch.labels), metrics: { accuracy: tf.mean(right) } };
}
