import { HeedError } from "@heed/core";
import { Parameters } from "@heed/layers";
import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import * as nlp from "./index.ts";

const pairs = { sourceVocabularySize: 7, targetVocabularySize: 6 };
const words = { vocabularySize: 7, embeddingSize: 3, units: 2 };
const blocks = { modelDim: 4, numHeads: 2, hiddenDim: 3 };
const convolutions = { ...words, layers: 1, kernelSize: 3, maxPositions: 9 };
const decoder: nlp.AttentionalDecoderOptions = {
	...{ embeddingSize: 3, units: 2, memorySize: 2, layers: 1, cell: "gru", seed: 1 },
	...{ attend: "afterCell", inputFeeding: false, bridge: "zero", attention: { kind: "luong" } },
};
const pieces = Array.from({ length: 259 }, (_, id) => `${id}`);
const parts = (): Parameters => new Parameters();

const attention = ["setUp", "step", "reorderState", "apply"];
const pooling = ["attend", "register", "apply"];
const cell = ["step", "sequence"];
const decoding = ["start", "step", "reorder"];
const reader = ["loss", "predict"];

/** Something of every class, and its methods that need something. */
const instances: [string, () => object, string[]][] = [
	[
		"Seq2Seq",
		() => new nlp.Seq2Seq({ ...pairs, embeddingSize: 3, units: 2 }),
		["loss", "logits", ...decoding],
	],
	[
		"ConvSeq2Seq",
		() => new nlp.ConvSeq2Seq({ ...pairs, embeddingSize: 3, units: 2, maxPositions: 9 }),
		["loss", "logits", ...decoding],
	],
	[
		"Transformer",
		() => new nlp.Transformer({ ...pairs, ...blocks, encoderLayers: 1, decoderLayers: 1 }),
		["loss", "logits", "encode", ...decoding],
	],
	[
		"DecoderLM",
		() => new nlp.DecoderLM({ vocabularySize: 7, ...blocks, layers: 1 }),
		["loss", "logits", ...decoding, "firstTokens"],
	],
	[
		"BertEncoder",
		() => new nlp.BertEncoder({ vocabularySize: 7, ...blocks, layers: 1, maxLength: 9, pooler: true }),
		["encode", "pooled"],
	],
	["Tagger", () => new nlp.Tagger({ ...words, tags: 3 }), ["loss", "logits", "tag"]],
	[
		"AttentionClassifier",
		() => new nlp.AttentionClassifier({ ...words, classes: 3 }),
		["loss", "logits", "predict"],
	],
	["AttentionOverAttentionReader", () => new nlp.AttentionOverAttentionReader(words), reader],
	["AttentiveReader", () => new nlp.AttentiveReader(words), reader],
	["ImpatientReader", () => new nlp.ImpatientReader(words), reader],
	["AttentionalDecoder", () => new nlp.AttentionalDecoder(parts(), decoder), [...decoding, "run"]],
	[
		"TransformerEncoder",
		() => new nlp.TransformerEncoder(parts(), { ...blocks, vocabularySize: 7, layers: 1 }),
		["run"],
	],
	[
		"TransformerDecoder",
		() => new nlp.TransformerDecoder(parts(), { ...blocks, vocabularySize: 7, layers: 1 }),
		[...decoding, "run"],
	],
	["GruCell", () => new nlp.GruCell(parts(), { inputSize: 3, units: 2 }), cell],
	["LstmCell", () => new nlp.LstmCell(parts(), { inputSize: 3, units: 2 }), cell],
	["QrnnCell", () => new nlp.QrnnCell(parts(), { inputSize: 3, units: 2 }), cell],
	[
		"RecurrentEncoder",
		() => new nlp.RecurrentEncoder(parts(), { ...words, cell: "gru", layers: 1, bidirectional: true }),
		["encode"],
	],
	["ConvEncoder", () => new nlp.ConvEncoder(parts(), convolutions), ["encode"]],
	["ConvDecoder", () => new nlp.ConvDecoder(parts(), { ...convolutions, seed: 1 }), [...decoding, "run"]],
	["BahdanauAttention", () => new nlp.BahdanauAttention({ units: 3 }), attention],
	["CoverageAttention", () => new nlp.CoverageAttention({ units: 3 }), attention],
	["GaussianWindowAttention", () => new nlp.GaussianWindowAttention(), attention],
	["HardAttention", () => new nlp.HardAttention({ score: "general" }), attention],
	["LocalAttention", () => new nlp.LocalAttention(), attention],
	["LocationAttention", () => new nlp.LocationAttention({ maxSourceLength: 5 }), attention],
	["LocationAwareAttention", () => new nlp.LocationAwareAttention({ units: 3 }), attention],
	["LuongAttention", () => new nlp.LuongAttention(), attention],
	["MonotonicAttention", () => new nlp.MonotonicAttention({ units: 3 }), attention],
	["MultiHeadDecoderAttention", () => new nlp.MultiHeadDecoderAttention({ numHeads: 3 }), attention],
	["MultiStepAttention", () => new nlp.MultiStepAttention(), ["attend", "apply"]],
	["ContextPooling", () => new nlp.ContextPooling(), pooling],
	["StaticAttention", () => new nlp.StaticAttention({ units: 3 }), pooling],
	["StructuredSelfAttention", () => new nlp.StructuredSelfAttention(), pooling],
	["RewardBaseline", () => new nlp.RewardBaseline(), ["term"]],
	["Vocabulary", () => new nlp.Vocabulary(["a"]), ["encode", "decode", "tokenOf"]],
	[
		"ExtendedVocabulary",
		() => new nlp.ExtendedVocabulary(new nlp.Vocabulary(["a"]), ["b"]),
		["encode", "decode", "tokenOf"],
	],
	[
		"Llama2cTokenizer",
		() => new nlp.Llama2cTokenizer({ vocab: pieces, scores: pieces.map(Number) }),
		["encode", "decode"],
	],
	["wordTokenizer", () => nlp.wordTokenizer(), ["tokenize"]],
	["characterTokenizer", () => nlp.characterTokenizer(), ["tokenize"]],
];

type Call = (...given: unknown[]) => unknown;

/** What needs nothing, and the bases, which cannot be made. */
const left = new Set([
	...["characterTokenizer", "wordTokenizer", "gptConfig", "llamaConfig", "RewardBaseline"],
	...["GaussianWindowAttention", "LocalAttention", "LuongAttention", "MultiStepAttention"],
	...["ContextPooling", "StructuredSelfAttention"],
	...["DecoderAttentionBase", "ParallelAttention", "ScoreAttention", "SteppedAttention"],
	...["ScoredSteppedAttention", "PoolingLayer", "ClozeReader", "VocabularyReader"],
]);

/** Every other function that is exported, every constructor, and what else makes a class. */
const calls = Object.entries(nlp).flatMap(([name, value]): [string, Call][] => {
	if (typeof value !== "function" || left.has(name)) return [];
	if (!/^class\b/.test(Function.prototype.toString.call(value))) return [[name, value as unknown as Call]];
	const make = value as unknown as Record<string, Call> & (new (...given: unknown[]) => unknown);
	const makers = ["fromConfig", "fromTokens", "fromJSON", "fromBinary"].filter((key) =>
		Object.hasOwn(make, key),
	);
	return [
		[`new ${name}`, (...given) => new make(...given)],
		...makers.map((key): [string, Call] => [`${name}.${key}`, (...given) => make[key]?.(...given)]),
	];
});

describe("called with nothing, or with an object of nothing", () => {
	useBackend("cpu");
	const refuse = async (name: string, call: Call): Promise<void> => {
		for (const given of [[], [{}]]) {
			const before = tf.memory().numTensors;
			const told = (async () => call(...given))();
			await expect(told, `${name}(${given.length > 0 ? "{}" : ""})`).rejects.toThrow(HeedError);
			expect(tf.memory().numTensors, `${name} leaks`).toBe(before);
		}
	};

	it("every function and constructor says what it misses", async () => {
		expect(calls.length).toBeGreaterThan(70);
		for (const [name, call] of calls) await refuse(name, call);
	});

	it.each(instances)("%s says what its methods miss", async (_, make, methods) => {
		const one = make() as Record<string, Call> & { buildFor?(query: number, memory: number): void };
		one.buildFor?.(3, 4);
		for (const method of methods) {
			expect(one[method], method).toBeTypeOf("function");
			await refuse(method, (...given) => one[method]?.(...given));
		}
		tf.disposeVariables();
	});
});
