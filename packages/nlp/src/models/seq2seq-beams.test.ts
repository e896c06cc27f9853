import { maskedSoftmax } from "@heed/core";
import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { expectBeamOptions, expectSamplesAlone } from "../../test/decoding-options.ts";
import type { AttentionFactory } from "../attention/attention-factory.ts";
import { lengthMask, reorderState } from "../attention/attention-state.ts";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import type { Hypothesis } from "../decode/hypothesis.ts";
import { Seq2Seq } from "./seq2seq.ts";
import type { SourceBatch } from "./seq2seq-batch.ts";
import type { Seq2SeqConfig, Seq2SeqParts } from "./seq2seq-config.ts";

/** A mechanism with a state of its own: it shies away from where it looked in the step before. */
const locationAware: AttentionFactory = (parameters, { querySize, memorySize }) => {
	const kernel = parameters.add<tf.Rank.R2>("kernel", [memorySize, querySize]);
	const habit = parameters.add<tf.Rank.R0>("habit", [], "ones");
	return {
		name: "locationAware",
		kind: "locationAware",
		setUp: (memory, lengths) => {
			const [batch, source, size] = memory.shape;
			const keys = tf.matMul(tf.reshape(memory, [-1, size]) as tf.Tensor2D, kernel);
			return {
				keys: tf.reshape(keys, [batch, source, querySize]) as tf.Tensor3D,
				memory: tf.clone(memory),
				mask: lengthMask(memory, lengths),
				previous: tf.zeros([batch, source]),
			};
		},
		step: (query, state) => {
			const [batch, source] = state.memory.shape;
			const scores = tf.sum(tf.mul(state.keys, tf.expandDims(query, 1)), 2); // [B, S]
			const shy = tf.sub(scores, tf.mul(state.previous as tf.Tensor, tf.mul(habit, 5)));
			const weights = maskedSoftmax(tf.expandDims(shy, 1), state.mask); // [B, 1, S]
			const alignment = tf.reshape(weights, [batch, source]) as tf.Tensor2D;
			const context = tf.sum(tf.mul(tf.expandDims(alignment, 2), state.memory), 1) as tf.Tensor2D;
			return { context, alignment, state: { ...state, previous: alignment } };
		},
		reorderState,
	};
};

const small: Seq2SeqConfig = {
	sourceVocabularySize: 11,
	targetVocabularySize: 7,
	embeddingSize: 3,
	units: 5,
};
const cases: [string, Seq2SeqConfig, Seq2SeqParts][] = [
	["Bahdanau, GRU", small, {}],
	["Bahdanau, LSTM, 2 layers", { ...small, cell: "lstm", encoderLayers: 2, decoderLayers: 2 }, {}],
	["Luong, GRU, one direction", { ...small, attention: { kind: "luong" }, bidirectional: false }, {}],
	[
		"Luong, LSTM, feeding",
		{ ...small, attention: { kind: "luong", scale: true }, inputFeeding: true, cell: "lstm" },
		{},
	],
	...(
		[
			{ kind: "locationAware", units: 5, filters: 2, kernelSize: 3, alignments: "both" },
			{ kind: "gaussian", components: 2 },
			{ kind: "monotonic", units: 5 },
			{ kind: "hard", units: 5 },
			{ kind: "coverage", units: 5 },
		] as const
	).map((attention): [string, Seq2SeqConfig, Seq2SeqParts] => [attention.kind, { ...small, attention }, {}]),
	["a mechanism of one's own", small, { attention: locationAware }],
	[
		"a mechanism of one's own, asked by the current state, feeding",
		{ ...small, attention: { kind: "custom" }, attend: "afterCell", inputFeeding: true },
		{ attention: locationAware },
	],
];

/** A model whose predictions depend much on all that it remembers. */
function makeSharp(config: Seq2SeqConfig, parts: Seq2SeqParts): Seq2Seq {
	const model = new Seq2Seq(config, parts);
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(tf.mul(randomTensor(variable.shape, i + 1), 1.3)));
	});
	return model;
}

// biome-ignore format: a table
const ids = [[5, 9, 4, 0, 0], [7, 8, 4, 10, 6]];
const lengths = [3, 5];

const makeSource = (rows: readonly number[]): SourceBatch => ({
	source: tf.tensor2d(
		rows.map((row) => ids[row] as number[]),
		undefined,
		"int32",
	),
	sourceLengths: tf.tensor1d(
		rows.map((row) => lengths[row] as number),
		"int32",
	),
});

/** What the model says about a finished hypothesis, from its tokens alone. */
function teacherForced(model: Seq2Seq, row: number, tokens: readonly number[]): Omit<Hypothesis, "score"> {
	const target = tf.tensor2d([[1, ...tokens]], undefined, "int32");
	const targetLengths = tf.tensor1d([tokens.length + 1], "int32");
	const batch = { ...makeSource([row]), target, targetLengths };
	const { result, records } = captureAttention(() => tf.tidy(() => tf.logSoftmax(model.logits(batch))));
	const [logProbs] = result.arraySync() as number[][][];
	const alignment = records[0]?.weights.dataSync() as Float32Array;
	disposeAttention(records);
	tf.dispose([result, batch]);
	const logProb = tokens.reduce((sum, token, t) => sum + Number(logProbs?.[t]?.[token]), 0);
	return { tokens, logProb, alignment };
}

describeOnEveryBackend("beam search over a Seq2Seq", () => {
	it.each(cases)("gives the numbers of each hypothesis itself: %s", async (_, config, parts) => {
		const model = makeSharp(config, parts);
		const batch = makeSource([0, 1]);
		const before = tf.memory().numTensors;
		const options = { maxLength: 7, minLength: 3, beamSize: 4, nBest: 4, never: [0, 1] };
		const results = await beamDecode(model, batch, options);
		expect(tf.memory().numTensors, "tensors left").toBe(before);
		results.forEach((hypotheses, row) => {
			expect(hypotheses).toHaveLength(4);
			expect(new Set(hypotheses.map(({ tokens }) => tokens.join(" "))).size).toBe(4);
			for (const { tokens, logProb, alignment } of hypotheses) {
				const expected = teacherForced(model, row, tokens);
				const label = `source ${row}, ${tokens.join(" ")}`;
				expectClose([logProb], [expected.logProb], { atol: 2e-4, label });
				expectClose(alignment as Float32Array, expected.alignment as Float32Array, { atol: 1e-4, label });
			}
		});
		tf.dispose({ ...batch });
		model.dispose();
	});

	it("keeps to penalties and rules, for each source as for it alone, in beams and in draws", async () => {
		const model = makeSharp(small, {});
		await expectBeamOptions(model, makeSource, [0, 1]);
		await expectSamplesAlone(model, makeSource, [0, 1, 1]);
		model.dispose();
	});

	it("trains, stores and frees a mechanism of one's own with the model", async () => {
		const model = new Seq2Seq(small, { attention: locationAware });
		expect([...model.weights.keys()]).toContain("decoder/attention/kernel");
		expect(model.config.attention).toEqual({ kind: "custom" });
		expect(Seq2Seq.fromConfig(model.config, { attention: locationAware }).config).toEqual(model.config);
		const batch = makeSource([0, 1]);
		const [first] = await greedyDecode(model, batch, { maxLength: 3 });
		expect(first?.alignment).toHaveLength(Number(first?.tokens.length) * 5);
		expect(() => Seq2Seq.fromConfig(model.config)).toThrow("`attention` is 'custom', and no mechanism came");
		const both = { ...small, attention: { kind: "luong" } } as const;
		expect(() => new Seq2Seq(both, { attention: locationAware })).toThrow(
			"a mechanism of your own came as well",
		);
		const failing: AttentionFactory = () => {
			throw new Error("not today");
		};
		expectNoLeak(() => [...new Seq2Seq(small, { attention: failing }).weights.values()], { throws: true });
		tf.dispose({ ...batch });
		const before = tf.memory().numTensors;
		new Seq2Seq(small, { attention: locationAware }).dispose();
		expect(tf.memory().numTensors).toBe(before);
	});
});
