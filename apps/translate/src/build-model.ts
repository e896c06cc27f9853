import {
	ConvSeq2Seq,
	Seq2Seq,
	type Seq2SeqBatch,
	type SourceBatch,
	type StepDecoder,
	Transformer,
} from "@heed/nlp";
import type * as tf from "@tensorflow/tfjs-core";
import type { Codec } from "./codec.ts";
import { heads, mechanismOf } from "./mechanisms.ts";
import type { ModelSettings } from "./settings.ts";

/** What this program needs of a model, whichever it is. */
export interface Translator extends StepDecoder<SourceBatch, unknown> {
	readonly weights: ReadonlyMap<string, tf.Variable>;
	dispose(): void;
}

type Model = Seq2Seq | Transformer | ConvSeq2Seq;

/** Positions of a convolutional model, for texts that are longer than those of the training. */
const fewestPositions = 512;

/** Makes the model that the settings describe, with fresh weights. */
export function buildModel(settings: ModelSettings, codec: Codec): Translator & Model {
	const { model, cell, units, embedding, dropout, seed, maxLength, inputFeeding, copy } = settings;
	const { encoderCell, encoderLayers, selfAttention } = settings;
	const shared = {
		sourceVocabularySize: codec.source.size,
		targetVocabularySize: codec.target.size,
		dropout,
		seed,
	};
	if (model === "transformer") return new Transformer({ ...shared, modelDim: units, numHeads: heads });
	if (model === "convolutional") {
		const maxPositions = Math.max(fewestPositions, maxLength + 1); // the end of a text has one too
		return new ConvSeq2Seq({ ...shared, units, embeddingSize: embedding, maxPositions });
	}
	const { config, bidirectional = true } = mechanismOf(settings.attention);
	return new Seq2Seq({
		...shared,
		attention: config(settings),
		bidirectional,
		inputFeeding,
		copy,
		cell,
		encoderCell: encoderCell === "same" ? cell : encoderCell,
		encoderLayers,
		selfAttention: selfAttention ? { heads } : null,
		units,
		embeddingSize: embedding,
	});
}

/**
 * The loss of a batch.
 *
 * @param reward What `hard` attention draws is rewarded with.
 * @param seed Of the step of training: for dropout and for what a mechanism draws. Without it, that of inference.
 */
export function lossOf(
	model: Model,
	batch: Seq2SeqBatch,
	{ reward }: Pick<ModelSettings, "reward">,
	seed: number | undefined,
): tf.Scalar {
	return model instanceof Seq2Seq
		? model.loss(batch, { trainingSeed: seed, reward })
		: model.loss(batch, { trainingSeed: seed });
}
