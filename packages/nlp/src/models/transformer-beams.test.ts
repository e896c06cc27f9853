import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { expectBeamOptions, expectSamplesAlone } from "../../test/decoding-options.ts";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import type { Hypothesis } from "../decode/hypothesis.ts";
import type { SourceBatch } from "./seq2seq-batch.ts";
import { Transformer } from "./transformer.ts";
import type { TransformerConfig } from "./transformer-config.ts";

const small: TransformerConfig = {
	sourceVocabularySize: 11,
	targetVocabularySize: 9,
	modelDim: 6,
	numHeads: 3,
	hiddenDim: 5,
	encoderLayers: 1,
};
const cases: [string, TransformerConfig][] = [
	["sinusoidal", small],
	[
		"learned, the first layer's alignment",
		{ ...small, positions: { kind: "learned", maxLength: 9 }, alignmentLayer: 0 },
	],
	["shaw", { ...small, positions: { kind: "shaw", maxDistance: 3 } }],
	["rotary", { ...small, modelDim: 12, positions: { kind: "rotary" } }],
	["t5", { ...small, positions: { kind: "t5" }, normFirst: false, tie: "target" }],
];

const sources = [[5, 9, 4], [7, 8, 4, 10, 6], [3], [4, 4, 10, 1]];

function makeSource(rows: readonly number[]): SourceBatch {
	const chosen = rows.map((row) => sources[row] as number[]);
	const width = Math.max(...chosen.map(({ length }) => length));
	const padded = chosen.map((row) => [...row, ...new Array<number>(width - row.length).fill(0)]);
	return {
		source: tf.tensor2d(padded, undefined, "int32"),
		sourceLengths: tf.tensor1d(
			chosen.map(({ length }) => length),
			"int32",
		),
	};
}

/** A model that is sure of what it says, so that hypotheses differ. */
function makeSharp(config: TransformerConfig): Transformer {
	const model = new Transformer(config);
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(tf.mul(randomTensor(variable.shape, i + 5), 1.2)));
	});
	return model;
}

/** What the model says about a finished hypothesis, from its tokens alone. */
function teacherForced(
	model: Transformer,
	row: number,
	tokens: readonly number[],
): Omit<Hypothesis, "score"> {
	return tf.tidy(() => {
		const target = tf.tensor2d([[1, ...tokens]], undefined, "int32");
		const batch = { ...makeSource([row]), target, targetLengths: tf.tensor1d([tokens.length + 1], "int32") };
		const { result, records } = captureAttention(() => tf.logSoftmax(model.logits(batch)));
		const name = `decoder/${model.config.alignmentLayer}/cross_attention`;
		const looked = records.find(({ layer }) => layer === name)?.weights as tf.Tensor4D;
		const alignment = tf.mean(looked, 1).dataSync<"float32">(); // [1, T, S]
		disposeAttention(records);
		const [logProbs] = result.arraySync() as number[][][];
		const logProb = tokens.reduce((sum, token, t) => sum + Number(logProbs?.[t]?.[token]), 0);
		return { tokens, logProb, alignment } as never;
	});
}

describeOnEveryBackend("beam search over a Transformer", () => {
	it.each(cases)("gives the numbers of each hypothesis itself: %s", async (_, config) => {
		const model = makeSharp(config);
		const batch = makeSource([0, 1]);
		const before = tf.memory().numTensors;
		const options = { maxLength: 7, minLength: 3, beamSize: 4, nBest: 4, never: [0, 1] };
		const results = await beamDecode(model, batch, options);
		expect(tf.memory().numTensors, "tensors left").toBe(before);
		results.forEach((hypotheses, row) => {
			expect(new Set(hypotheses.map(({ tokens }) => tokens.join(" "))).size).toBe(4);
			for (const { tokens, logProb, alignment } of hypotheses) {
				const expected = teacherForced(model, row, tokens);
				const label = `source ${row}, ${tokens.join(" ")}`;
				expectClose([logProb], [expected.logProb], { atol: 2e-4, label });
				const width = (expected.alignment as Float32Array).length / tokens.length;
				const own = (alignment as Float32Array).filter((_, i) => i % 5 < width); // padding aside
				expectClose(own, expected.alignment as Float32Array, { atol: 1e-4, label });
			}
		});
		tf.dispose({ ...batch });
		model.dispose();
	});

	it("gives a source the same alone, in a batch and in another order", async () => {
		const model = makeSharp(small);
		const options = { maxLength: 6, beamSize: 3, nBest: 3 };
		const decode = async (rows: number[]): Promise<Hypothesis[][]> => {
			const batch = makeSource(rows);
			const found = await beamDecode(model, batch, options);
			tf.dispose({ ...batch });
			return found;
		};
		const together = await decode([3, 1, 0, 2]);
		for (const [at, row] of [3, 1, 0, 2].entries()) {
			const [alone] = await decode([row]);
			expect(together[at]?.map(({ tokens }) => tokens)).toEqual(alone?.map(({ tokens }) => tokens));
			const scores = (list: Hypothesis[] = []): number[] => list.map(({ score }) => score);
			expectClose(scores(together[at]), scores(alone), { atol: 2e-5 });
		}
		model.dispose();
	});

	it("keeps to penalties and rules, for each source as for it alone, in beams and in draws", async () => {
		const model = makeSharp(small);
		await expectBeamOptions(model, makeSource, [3, 1]);
		await expectSamplesAlone(model, makeSource, [3, 1, 2]);
		model.dispose();
	});

	it("learns to reverse a sequence, and decodes what it has learned", async () => {
		const model = new Transformer({ ...small, modelDim: 16, numHeads: 2, hiddenDim: 24, decoderLayers: 1 });
		const ids = (rows: number[][]): tf.Tensor2D => tf.tensor2d(rows, undefined, "int32");
		const lengths = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");
		const batch = {
			source: ids([
				[5, 3, 4, 0, 0],
				[7, 8, 4, 3, 6],
			]),
			sourceLengths: lengths([3, 5]),
			target: ids([
				[1, 4, 3, 5, 2, 0, 0],
				[1, 6, 3, 4, 8, 7, 2],
			]),
			targetLengths: lengths([5, 7]),
		};
		const optimizer = tf.train.adam(0.02);
		const variables = [...model.weights.values()];
		for (let step = 0; step < 30; step++) {
			optimizer.minimize(() => model.loss(batch, { trainingSeed: step }), false, variables);
		}
		const expected = [
			[4, 3, 5, 2],
			[6, 3, 4, 8, 7, 2],
		];
		const greedy = await greedyDecode(model, batch, { maxLength: 8 });
		const beam = await beamDecode(model, batch, { maxLength: 8, beamSize: 3 });
		expect(greedy.map(({ tokens }) => tokens)).toEqual(expected);
		expect(beam.map(([first]) => first?.tokens)).toEqual(expected);
		optimizer.dispose();
		tf.dispose({ ...batch });
		model.dispose();
	});
});
