import { HeedError } from "@heed/core";
import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import { sampleDecode } from "../decode/sample-decode.ts";
import type { StepDecoder } from "../decode/step-decoder.ts";
import { AttentionClassifier } from "./attention-classifier.ts";
import { AttentionOverAttentionReader } from "./attention-over-attention-reader.ts";
import { AttentiveReader } from "./attentive-reader.ts";
import { BertEncoder } from "./bert-encoder.ts";
import { ConvSeq2Seq } from "./conv-seq2seq.ts";
import { DecoderLM } from "./decoder-lm.ts";
import { ImpatientReader } from "./impatient-reader.ts";
import { Seq2Seq } from "./seq2seq.ts";
import { Tagger } from "./tagger.ts";
import { Transformer } from "./transformer.ts";

interface Model {
	readonly weights: ReadonlyMap<string, tf.Variable>;
	dispose(): void;
}

const pairs = { sourceVocabularySize: 7, targetVocabularySize: 6 };
const words = { vocabularySize: 7, embeddingSize: 3, units: 2 };
const blocks = { modelDim: 4, numHeads: 2, hiddenDim: 3 };

/** Every model, and its calls that take a batch, or the ids of one. */
const models: [name: string, make: () => Model, calls: string[]][] = [
	["Seq2Seq", () => new Seq2Seq({ ...pairs, embeddingSize: 3, units: 2 }), ["loss", "logits", "start"]],
	[
		"ConvSeq2Seq",
		() => new ConvSeq2Seq({ ...pairs, embeddingSize: 3, units: 2, maxPositions: 9 }),
		["loss", "logits", "start"],
	],
	[
		"Transformer",
		() => new Transformer({ ...pairs, ...blocks, encoderLayers: 1, decoderLayers: 1 }),
		["loss", "logits", "encode", "start"],
	],
	[
		"DecoderLM",
		() => new DecoderLM({ vocabularySize: 7, ...blocks, layers: 1 }),
		["loss", "logits", "start"],
	],
	[
		"BertEncoder",
		() => new BertEncoder({ vocabularySize: 7, ...blocks, layers: 1, maxLength: 9, pooler: true }),
		["encode", "pooled"],
	],
	["Tagger", () => new Tagger({ ...words, tags: 3 }), ["loss", "logits", "tag"]],
	[
		"AttentionClassifier",
		() => new AttentionClassifier({ ...words, classes: 3 }),
		["loss", "logits", "predict"],
	],
	["AttentionOverAttentionReader", () => new AttentionOverAttentionReader(words), ["loss", "predict"]],
	["AttentiveReader", () => new AttentiveReader(words), ["loss", "predict"]],
	["ImpatientReader", () => new ImpatientReader(words), ["loss", "predict"]],
];

describeOnEveryBackend("a model used wrongly", () => {
	it.each(models)("says what it misses, and that it was disposed: %s", async (name, make, calls) => {
		const model = make();
		const call = async (method: string): Promise<unknown> => {
			const run = (model as unknown as Record<string, (...given: unknown[]) => unknown>)[method];
			return method === "start" ? run?.call(model, undefined, 1, 2) : run?.call(model);
		};
		const refuse = async (message: RegExp): Promise<void> => {
			const before = tf.memory().numTensors;
			for (const method of calls) {
				await expect(call(method), method).rejects.toThrow(message);
				await expect(call(method), method).rejects.toThrow(HeedError);
			}
			expect(tf.memory().numTensors).toBe(before);
		};
		await refuse(new RegExp(`^${name}\\.\\w+: .*\\b(is|are) undefined; expected`));
		model.dispose();
		await refuse(new RegExp(`^${name}\\.\\w+: the weights were disposed\\. Make another model`));
		if (!calls.includes("start")) return;
		const decoder = model as unknown as StepDecoder<unknown, unknown>;
		expect(() => decoder.step(undefined as never, {})).toThrow(`${name}.step: the weights were disposed`);
	});

	it.each([
		["greedyDecode", greedyDecode, { maxLength: 3 }],
		["beamDecode", beamDecode, { maxLength: 3, beamSize: 2 }],
		["sampleDecode", sampleDecode, { maxLength: 3, seed: 1 }],
	] as const)(
		"%s: no model, no source, no options, a model that was disposed",
		async (name, decode, options) => {
			const run = decode as (model?: unknown, source?: unknown, options?: unknown) => Promise<unknown>;
			const refuse = async (message: string, ...given: unknown[]): Promise<void> => {
				await expect(run(...given)).rejects.toThrow(message);
				await expect(run(...given)).rejects.toThrow(HeedError);
			};
			await refuse(`${name}: \`model\` is undefined; expected one that decodes step by step`);
			await refuse(
				`${name}: \`model\` has no \`start\`, \`step\`, \`reorder\``,
				{ batchSize: () => 1 },
				{},
				options,
			);
			const model = new Seq2Seq({ ...pairs, embeddingSize: 3, units: 2 });
			await refuse(`${name}: the options are undefined`, model, {});
			await refuse(
				"Seq2Seq: the batch is undefined; expected an object of tensors",
				model,
				undefined,
				options,
			);
			const [source, sourceLengths] = [tf.ones([1, 2], "int32"), tf.tensor1d([2], "int32")];
			const state = model.start({ source, sourceLengths } as never, 1);
			const disposed = model as StepDecoder<unknown, unknown> & Model;
			disposed.dispose();
			await refuse("Seq2Seq.start: the weights were disposed", model, { source, sourceLengths }, options);
			expect(() => model.step(tf.tensor1d([1], "int32"), state)).toThrow(
				"Seq2Seq.step: the weights were disposed",
			);
			tf.dispose([source, sourceLengths, state as never]);
		},
	);
});
