import { ConvSeq2Seq, Transformer } from "@heed/nlp";
import type { AttentionMap } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";
import { lookAtSource, trainTranslator, translates } from "./sentences.ts";

/** Where both heads of a small Transformer's decoder look. */
export async function transformerHeads(): Promise<AttentionMap[]> {
	await tf.ready();
	const model = new Transformer({
		...translates,
		modelDim: 32,
		numHeads: 2,
		encoderLayers: 1,
		decoderLayers: 1,
	});
	await trainTranslator(model, { epochs: 16, learningRate: 0.005 });
	const maps = await lookAtSource(model);
	model.dispose();
	return maps.map((map) => ({ ...map, title: `Transformer, head ${map.head}` }));
}

/** Where both layers of a convolutional decoder look. */
export async function convolutionalLayers(): Promise<AttentionMap[]> {
	await tf.ready();
	const model = new ConvSeq2Seq({
		...translates,
		embeddingSize: 16,
		units: 32,
		encoderLayers: 1,
		decoderLayers: 2,
		maxPositions: 16,
		dropout: 0.1,
	});
	await trainTranslator(model, { epochs: 8 });
	const maps = await lookAtSource(model);
	model.dispose();
	return maps.map((map, layer) => ({ ...map, title: `ConvS2S, layer ${layer}` }));
}
