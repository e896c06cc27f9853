import { expectWholeRegistry } from "@heed/testing";
import { test } from "vitest";
import * as layers from "./index.ts";

/** Exported classes and functions that are no mechanisms. A new one belongs in the registry, or here. */
const others: Record<string, readonly string[]> = {
	"bases of layers": ["AttentionLayer", "MemoryAttention", "SeededLayer", "TransformerLayer"],
	"what the layers of an entry are made of": [
		"FeedForwardBlock",
		"MultiHeadBlock",
		"TransformerBlock",
		"checkTransformerBlockOptions",
		"makeNorm",
		"rmsNorm", // of rmsNormalization
	],
	"what models are made of besides attention": [
		"activationByName",
		"checkIds",
		"dropoutStream",
		"embed",
		"knownSize",
		"makeDense",
		"project",
		"seedFor",
		"whereLive",
	],
	"weights by name": ["Parameters", "assignWeights", "namedWeights"],
	"weights of others": [
		"convertKerasModel",
		"multiHeadFromKeras",
		"multiHeadFromTorch",
		"transformerDecoderLayerFromTorch",
		"transformerEncoderLayerFromTorch",
	],
	"looking at attention": [
		"attentionData",
		"captureAttention",
		"disposeAttention",
		"isCapturing",
		"recordAttention",
	],
};

test("every mechanism has an entry, and every entry is exported", () => {
	expectWholeRegistry({
		from: "@heed/layers",
		exports: layers,
		mechanisms: layers.layersMechanisms,
		others,
	});
});
