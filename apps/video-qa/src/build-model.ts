import type { Codec } from "./codec.ts";
import type { ModelSettings } from "./settings.ts";
import { VideoQaModel } from "./video-qa-model.ts";

/** A model with fresh weights. */
export function buildModel(settings: ModelSettings, codec: Codec): VideoQaModel {
	const { attention, features, embedding, units, attentionUnits, dropout, seenWeight, seed } = settings;
	return new VideoQaModel({
		attention,
		words: codec.words.size,
		answers: codec.answers.length,
		seenClasses: codec.seenClasses,
		features,
		embedding,
		units,
		attentionUnits,
		dropout,
		seenWeight,
		seed,
	});
}
