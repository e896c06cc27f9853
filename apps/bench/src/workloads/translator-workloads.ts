import { Seq2Seq } from "@heed/nlp";
import * as tf from "@tensorflow/tfjs-core";
import { wholeNumbers } from "./random-values.ts";
import { trainingCase } from "./training-case.ts";
import type { TensorCase, Workload } from "./workload.ts";

// The model that `translate train` makes for dates, and a batch of the usual size.
const [batch, sourceLength, targetLength] = [64, 20, 12];
const [sourceVocabularySize, targetVocabularySize, embeddingSize, units] = [224, 15, 32, 64];

/** Three gates of a cell. */
const gru = (inputs: number): number => 2 * 3 * units * (inputs + units);
const encoder = sourceLength * 2 * gru(embeddingSize);
const attention =
	sourceLength * 2 * units * (2 * units) + targetLength * 2 * units * (units + 4 * sourceLength);
const decoder =
	targetLength * (gru(embeddingSize + 2 * units) + 2 * units * (3 * units + targetVocabularySize));

/** A training step of the translator of apps/translate, on random tokens. */
export const translatorWorkloads: readonly Workload[] = [
	{
		id: "translator",
		section: "Translator training step, forward + backward + clipping + Adam",
		title: `B ${batch}, ${sourceLength} → ${targetLength} tokens, GRUs of ${units} units, Bahdanau attention`,
		flops: 3 * batch * (encoder + attention + decoder),
		quick: true,
		fillIns: true, // the gradient of the embeddings
		tensors: translatorCase,
	},
];

function translatorCase(): TensorCase {
	const model = new Seq2Seq({
		sourceVocabularySize,
		targetVocabularySize,
		embeddingSize,
		units,
		seed: 1,
		attention: { kind: "bahdanau", units },
	});
	const ids = (length: number, vocabularySize: number, seed: number): tf.Tensor2D =>
		tf.tensor2d(wholeNumbers(batch * length, seed, 4, vocabularySize - 1), [batch, length], "int32");
	const data = {
		source: ids(sourceLength, sourceVocabularySize, 1),
		sourceLengths: tf.tensor1d(wholeNumbers(batch, 2, 10, sourceLength), "int32"),
		target: ids(targetLength, targetVocabularySize, 3),
		targetLengths: tf.fill([batch], targetLength, "int32") as tf.Tensor1D,
	};
	return trainingCase({
		loss: () => model.loss(data),
		variables: [...model.weights.values()],
		clipNorm: 1,
		dispose() {
			tf.dispose(Object.values(data));
			model.dispose();
		},
	});
}
