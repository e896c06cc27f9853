import { HeedError } from "@heed/core";
import { Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { greedyDecode } from "../decode/greedy-decode.ts";
import type { Seq2SeqBatch } from "./seq2seq-batch.ts";
import { Transformer } from "./transformer.ts";
import type { TransformerConfig } from "./transformer-config.ts";
import { TransformerDecoder } from "./transformer-decoder.ts";
import { TransformerEncoder } from "./transformer-encoder.ts";

const small: TransformerConfig = {
	sourceVocabularySize: 11,
	targetVocabularySize: 7,
	modelDim: 6,
	numHeads: 3,
	hiddenDim: 5,
	encoderLayers: 1,
	decoderLayers: 1,
	positions: { kind: "learned", maxLength: 5 },
};

const ids = (rows: number[][]): tf.Tensor2D =>
	tf.tensor2d(rows, [rows.length, rows[0]?.length ?? 0], "int32");
const lengths = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");

/** Two good pairs, and what is wrong instead. */
const makeBatch = (wrong: Partial<Record<keyof Seq2SeqBatch, tf.Tensor | undefined>> = {}): Seq2SeqBatch =>
	({
		source: ids([
			[5, 9, 4],
			[7, 10, 0],
		]),
		sourceLengths: lengths([3, 2]),
		target: ids([
			[1, 4, 6, 2],
			[1, 3, 2, 0],
		]),
		targetLengths: lengths([4, 3]),
		...wrong,
	}) as Seq2SeqBatch;

const two = (row: number[]): tf.Tensor2D => ids([row, row]);
const wrongs: [string, () => Partial<Record<keyof Seq2SeqBatch, tf.Tensor>>, string][] = [
	[
		"source id",
		() => ({ source: two([5, 11, 4]) }),
		"source[0, 1] is 11; expected 0 to 10, by the source vocabulary",
	],
	["negative id", () => ({ source: two([5, 9, -1]) }), "source[0, 2] is -1"],
	[
		"target id",
		() => ({ target: two([1, 4, 7, 2]) }),
		"target[0, 2] is 7; expected 0 to 6, by the target vocabulary",
	],
	["source length", () => ({ sourceLengths: lengths([3, 4]) }), "sourceLengths[1] is 4; expected 0 to 3"],
	["target length", () => ({ targetLengths: lengths([5, 3]) }), "targetLengths[0] is 5; expected 0 to 4"],
	["width", () => ({ source: ids([[], []]) }), "source [batch 2, source 0] is empty"],
	["batch", () => ({ source: ids([]), sourceLengths: lengths([]) }), "source [batch 0, source 0] is empty"],
	["target", () => ({ target: ids([[1], [1]]) }), "target has length 1; expected at least 2"],
	["rank", () => ({ source: lengths([3, 4]) }), "source [2] has rank 1"],
	["dtype", () => ({ source: tf.zeros([2, 3]) }), "source is float32; expected int32"],
	[
		"source, which is too long",
		() => ({ source: two([1, 2, 3, 4, 5, 6]) }),
		"source has length 6, and there are 5 learned positions",
	],
	[
		"target, which is too long",
		() => ({ target: two([1, 2, 3, 4, 5, 6, 2]) }),
		"target has length 6, and there are 5 learned positions",
	],
];

describeOnEveryBackend("what a Transformer refuses", () => {
	it.each(wrongs)("a batch with a wrong %s", async (_, wrong, message) => {
		const model = new Transformer(small);
		const made = wrong();
		const batch = makeBatch(made);
		expect(() => model.loss(batch)).toThrow(message);
		expect(() => model.loss(batch)).toThrow(HeedError);
		expectNoLeak(() => model.loss(batch), { throws: true });
		expectNoLeak(() => model.logits(batch), { throws: true });
		if ("source" in made || "sourceLengths" in made) {
			expect(() => model.encode(batch)).toThrow(message);
			const before = tf.memory().numTensors;
			await expect(greedyDecode(model, batch, { maxLength: 3 })).rejects.toThrow(message);
			expect(tf.memory().numTensors).toBe(before);
		}
		tf.dispose({ ...batch });
		model.dispose();
	});

	it("more steps than there are positions or room, tokens beyond the vocabulary, and numbers that are none", async () => {
		const model = new Transformer(small);
		const batch = makeBatch();
		const before = tf.memory().numTensors;
		await expect(greedyDecode(model, batch, { maxLength: 5 })).rejects.toThrow(
			"Transformer.start: target has length 6, and there are 5 learned positions",
		);
		expect(tf.memory().numTensors).toBe(before);
		expect(() => model.start(batch, 0, 3)).toThrow("`beams` is 0");
		expect(() => model.start(batch, 1, 0)).toThrow("`steps` is 0");
		tf.tidy(() => {
			const state = model.start(batch, 2, 1);
			expect(() => model.step(lengths([1, 1, 1, 7]), state)).toThrow("tokens[3] is 7");
			expect(() => model.step(lengths([1, 1, 1]), state)).toThrow("tokens [rows 3]");
			const next = model.step(lengths([1, 1, 1, 1]), state).state;
			expect(() => model.step(lengths([1, 1, 1, 1]), next)).toThrow("holds 1 of capacity 1");
		});
		expect(() => model.loss(batch, { labelSmoothing: 2 })).toThrow("`labelSmoothing` is 2");
		expect(() => model.loss(batch, { trainingSeed: -1 })).toThrow("`trainingSeed` is -1");
		expect(() => model.loss(batch, { smoothing: 0.1 } as never)).toThrow("unknown option `smoothing`");
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each([
		[null, "the options are null"],
		[{ modelDim: 10 }, "`modelDim` 10 is not divisible by `numHeads` 3"],
		[
			{ modelDim: 9, positions: { kind: "sinusoidal" } },
			"`modelDim` is 9; 'sinusoidal' positions need an even number",
		],
		[{ positions: { kind: "sinusoidal", layout: "pairs" } }, '`positions.layout` is "pairs"'],
		[{ positions: { kind: "learned" } }, "`positions.maxLength` is undefined"],
		[{ positions: { kind: "sine" } }, '`positions.kind` is "sine"'],
		[{ positions: "rotary" }, "`positions` is rotary; expected an object"],
		[{ positions: { kind: "t5", numBuckets: 6 } }, "`numBuckets` is 6"],
		[{ positions: { kind: "alibi", slope: 2 } }, "unknown option `slope`"],
		[{ tie: "all" }, "`tie` is 'all' with 11 source and 7 target ids"],
		[{ tie: true }, "`tie` is true"],
		[{ normFirst: 1 }, "`normFirst` is 1; expected true or false"],
		[{ finalNorm: "no" }, '`finalNorm` is "no"'],
		[{ activation: "swish" }, '`activation` is "swish"'],
		[{ dropout: 1 }, "`dropout` is 1"],
		[{ attentionDropout: -0.1 }, "`attentionDropout` is -0.1"],
		[{ alignmentLayer: 1 }, "`alignmentLayer` is 1"],
		[{ decoderLayers: 0 }, "`decoderLayers` is 0"],
		[{ layers: 2 }, "unknown option `layers`"],
		[{ seed: 0.5 }, "`seed` is 0.5"],
	])("the config %j, before it makes a weight", (config, message) => {
		const make = (): Transformer => Transformer.fromConfig((config && { ...small, ...config }) as never);
		expect(make).toThrow(message);
		expect(make).toThrow(HeedError);
		expectNoLeak(() => [...make().weights.values()], { throws: true });
	});

	it("what does not fit an encoder or a decoder of its own", () => {
		const parameters = new Parameters();
		const options = { vocabularySize: 7, layers: 1, modelDim: 6, numHeads: 3 };
		const encoder = new TransformerEncoder(parameters.scope("encoder"), options);
		const decoder = new TransformerDecoder(parameters.scope("decoder"), { ...options, memoryDim: 4 });
		const tokens = two([1, 3]);
		expect(() => encoder.run(lengths([1]) as never)).toThrow("ids [1] has rank 1");
		expect(() => encoder.run(tokens, { lengths: lengths([1]) })).toThrow("lengths [batch 1]");
		expect(() => encoder.run(two([1, 7]))).toThrow("ids[0, 1] is 7");
		expect(() => decoder.run(tokens, tf.zeros([2, 5, 6]))).toThrow("expected memoryDim 4");
		expect(() => decoder.run(tokens, tf.zeros([3, 5, 4]))).toThrow("expected batch 2");
		expect(() => decoder.start(tf.zeros([3, 5, 4]), lengths([2]), 1, 1)).toThrow("memoryLengths [batch 1]");
		expect(() => new TransformerDecoder(parameters.scope("x"), { ...options, layers: 0 })).toThrow(
			"`layers` is 0",
		);
		expect(() => new TransformerDecoder(parameters.scope("x"), { ...options, tie: 1 } as never)).toThrow(
			"`tie` is 1",
		);
		parameters.dispose();
	});

	it("nothing where an option is undefined, a config that was saved, and a source of length 0", () => {
		const plain = { sourceVocabularySize: 11, targetVocabularySize: 7 };
		const options = { dropout: undefined, positions: undefined, tie: undefined, alignmentLayer: undefined };
		const [one, two] = [new Transformer({ ...plain, ...options }), new Transformer(plain)];
		expect(one.config).toEqual(two.config);
		const three = Transformer.fromConfig(JSON.parse(JSON.stringify(one.config)));
		expect(three.config).toEqual(one.config);
		for (const [name, weight] of one.weights)
			expectClose(three.weights.get(name) as tf.Tensor, weight, { atol: 0 });
		const batch = makeBatch({ sourceLengths: lengths([0, 2]), targetLengths: lengths([0, 3]) });
		const loss = one.loss(batch);
		expect(Number.isFinite(loss.dataSync()[0])).toBe(true);
		for (const model of [one, two, three]) model.dispose();
	});
});
