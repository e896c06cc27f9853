import { HeedError } from "@heed/core";
import { Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { ConvDecoder } from "../recurrent/conv-decoder.ts";
import { ConvEncoder } from "../recurrent/conv-encoder.ts";
import { RecurrentEncoder } from "../recurrent/recurrent-encoder.ts";
import { ConvSeq2Seq } from "./conv-seq2seq.ts";
import { Seq2Seq } from "./seq2seq.ts";
import { Transformer } from "./transformer.ts";
import { TransformerDecoder } from "./transformer-decoder.ts";
import { TransformerEncoder } from "./transformer-encoder.ts";

type Read = (ids: tf.Tensor2D, lengths: tf.Tensor1D) => tf.Tensor;

const sizes = { vocabularySize: 7, layers: 1 };
const conv = { ...sizes, embeddingSize: 4, units: 3, kernelSize: 2, maxPositions: 5 };
const transformer = { ...sizes, modelDim: 6, numHeads: 3 };
const int32 = (values: number[], shape = [values.length]): tf.Tensor =>
	tf.tensor(values, shape, "int32") as tf.Tensor;

const encoders: [string, (parameters: Parameters) => Read][] = [
	[
		"RecurrentEncoder.encode",
		(parameters) => {
			const encoder = new RecurrentEncoder(parameters, { ...sizes, embeddingSize: 4, units: 3 });
			return (ids, lengths) => encoder.encode(ids, lengths).memory;
		},
	],
	[
		"ConvEncoder.encode",
		(parameters) => {
			const encoder = new ConvEncoder(parameters, conv);
			return (ids, lengths) => encoder.encode(ids, lengths).keys;
		},
	],
	[
		"TransformerEncoder.run",
		(parameters) => {
			const encoder = new TransformerEncoder(parameters, transformer);
			return (ids, lengths) => encoder.run(ids, { lengths });
		},
	],
];

/** What is wrong with ids or lengths, of 2 sources of at most 3 tokens. */
const wrongs: [string, () => { ids?: tf.Tensor; lengths?: tf.Tensor }, string][] = [
	["rank", () => ({ ids: int32([1, 2]) }), "ids [2] has rank 1"],
	["dtype", () => ({ ids: tf.ones([2, 3]) }), "ids is float32; expected int32"],
	[
		"batch",
		() => ({ ids: int32([], [0, 3]), lengths: int32([]) }),
		"ids [batch 0, source 3] is empty; expected at least batch 1",
	],
	["width", () => ({ ids: int32([], [2, 0]), lengths: int32([0, 0]) }), "expected at least source 1"],
	["id", () => ({ ids: int32([1, 2, 3, 4, 7, 6], [2, 3]) }), "ids[1, 1] is 7; expected 0 to 6"],
	["number of lengths", () => ({ lengths: int32([3]) }), "lengths [batch 1] does not match ids"],
	["dtype of lengths", () => ({ lengths: tf.ones([2]) }), "lengths is float32; expected int32"],
	["length", () => ({ lengths: int32([3, 4]) }), "lengths[1] is 4; expected 0 to 3, by the width of ids"],
	["negative length", () => ({ lengths: int32([-1, 3]) }), "lengths[0] is -1; expected 0 to 3"],
];

const models = {
	Seq2Seq: (options: { sourceVocabularySize: number; targetVocabularySize: number }) =>
		new Seq2Seq({ ...options, embeddingSize: 2, units: 3 }),
	ConvSeq2Seq: (options: { sourceVocabularySize: number; targetVocabularySize: number }) =>
		new ConvSeq2Seq({ ...options, embeddingSize: 4, units: 3 }),
	Transformer: (options: { sourceVocabularySize: number; targetVocabularySize: number }) =>
		new Transformer({ ...options, modelDim: 6, numHeads: 3, encoderLayers: 1, decoderLayers: 1 }),
};

describeOnEveryBackend("tokens that do not fit", () => {
	it.each(encoders)("are refused in one way by %s", (where, make) => {
		const parameters = new Parameters();
		const read = make(parameters);
		for (const [name, wrong, message] of wrongs) {
			const given = { ids: int32([1, 2, 3, 4, 5, 6], [2, 3]), lengths: int32([3, 2]), ...wrong() };
			const call = (): tf.Tensor => read(given.ids as tf.Tensor2D, given.lengths as tf.Tensor1D);
			expect(call, name).toThrow(message);
			expect(call, name).toThrow(HeedError);
			if (name !== "id") expect(call, name).toThrow(where);
			expectNoLeak(call, { throws: true });
		}
		parameters.dispose();
	});

	it("are refused by a decoder, and so is a memory of nothing", () => {
		const parameters = new Parameters();
		const convolving = new ConvDecoder(parameters.scope("conv"), { ...conv, seed: 0 });
		const attending = new TransformerDecoder(parameters.scope("transformer"), transformer);
		const encoder = new ConvEncoder(parameters.scope("encoder"), conv);
		tf.tidy(() => {
			const ids = int32([1, 2, 3, 4], [2, 2]) as tf.Tensor2D;
			const memory = encoder.encode(ids, int32([2, 1]) as tf.Tensor1D);
			const run = (wrong: tf.Tensor) => (): tf.Tensor => convolving.run(wrong as tf.Tensor2D, memory);
			expect(run(int32([], [0, 2]))).toThrow("ConvDecoder.run: ids [batch 0, time 2] is empty");
			expect(run(tf.ones([2, 2]))).toThrow("ids is float32; expected int32");
			expect(run(int32([1, 2], [1, 2]))).toThrow("expected batch 1");
			const step = (wrong: tf.Tensor) => (): unknown =>
				convolving.step(wrong as tf.Tensor1D, convolving.start(memory));
			expect(step(int32([1, 2, 3]))).toThrow("ConvDecoder.step: ids [rows 3]");
			expect(step(tf.ones([2]))).toThrow("ids is float32; expected int32");

			const seen: tf.Tensor3D = tf.zeros([2, 3, 6]);
			const lengths = int32([1, 4]) as tf.Tensor1D;
			expect(() => attending.run(int32([], [2, 0]) as tf.Tensor2D, seen)).toThrow("target 0] is empty");
			expect(() => attending.run(ids, tf.zeros([2, 0, 6]))).toThrow("memoryLength 0, memoryDim 6] is empty");
			expect(() => attending.run(ids, seen, { memoryLengths: lengths })).toThrow("memoryLengths[1] is 4");
			expect(() => attending.start(seen, lengths, 1, 1)).toThrow("memoryLengths[1] is 4; expected 0 to 3");
			const started = attending.start(seen, undefined, 1, 2);
			expect(() => attending.step(tf.ones([2]), started)).toThrow("tokens is float32; expected int32");
		});
		parameters.dispose();
	});

	it.each(Object.entries(models))("are refused where a state has other rows: %s", (_, make) => {
		const model = make({ sourceVocabularySize: 11, targetVocabularySize: 7 });
		tf.tidy(() => {
			const source = int32([5, 9, 4, 7, 10, 0], [2, 3]) as tf.Tensor2D;
			const state = model.start({ source, sourceLengths: int32([3, 2]) as tf.Tensor1D }, 1, 4);
			for (const tokens of [[1], [], [1, 1, 1]]) {
				const step = (): unknown => model.step(int32(tokens) as tf.Tensor1D, state as never);
				expect(step).toThrow(`[rows ${tokens.length}] does not match the state: expected rows 2`);
				expect(step).toThrow(HeedError);
			}
		});
		model.dispose();
	});
});
