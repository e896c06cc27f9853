import { type AttentionRecord, captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { beamDecode } from "../decode/beam-decode.ts";
import { Seq2Seq } from "../models/seq2seq.ts";
import type { Seq2SeqBatch, SourceBatch } from "../models/seq2seq-batch.ts";
import type { Seq2SeqConfig } from "../models/seq2seq-config.ts";
import type { AttentionConfig } from "./attention-by-name.ts";

const small: Seq2SeqConfig = {
	sourceVocabularySize: 11,
	targetVocabularySize: 7,
	embeddingSize: 3,
	units: 6,
	bidirectional: false, // for `dot`, whose memory must be as large as the state
};
const configs: AttentionConfig[] = [
	{ kind: "luong", score: "dot" },
	{ kind: "luong", score: "concat", units: 5 },
	{ kind: "location", maxSourceLength: 4 },
	{ kind: "local", alignment: "monotonic", halfWidth: 2, score: "dot" },
	{ kind: "local", halfWidth: 2 },
	{ kind: "multiHead", numHeads: 3 },
];
const cases: [AttentionConfig, Partial<Seq2SeqConfig>][] = configs.flatMap((attention) => [
	[attention, {}],
	[attention, { inputFeeding: true, cell: "lstm" }],
]);

const kinds: Record<string, string> = {
	luong: "luongAttention",
	location: "locationAttention",
	local: "localAttention",
	multiHead: "multiHeadDecoderAttention",
};

const ids = (rows: readonly (readonly number[])[]): tf.Tensor2D => {
	const width = Math.max(...rows.map(({ length }) => length));
	return tf.tensor2d(
		rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(0)]),
		undefined,
		"int32",
	);
};
const counts = (rows: readonly (readonly number[])[]): tf.Tensor1D =>
	tf.tensor1d(
		rows.map(({ length }) => length),
		"int32",
	);
const sources = [
	[5, 9, 4],
	[7, 8, 4, 10, 6],
];
const targets = [
	[1, 4, 5, 2],
	[1, 6, 5, 4, 3, 2],
];
const sourceBatch = (rows: readonly number[][]): SourceBatch => ({
	source: ids(rows),
	sourceLengths: counts(rows),
});
const makeBatch = (from: number[][], to: number[][]): Seq2SeqBatch => ({
	...sourceBatch(from),
	target: ids(to),
	targetLengths: counts(to),
});

/** A model whose predictions depend much on all that it remembers. */
function makeSharp(config: Seq2SeqConfig): Seq2Seq {
	const model = new Seq2Seq(config);
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(tf.mul(randomTensor(variable.shape, i + 1), 1.3)));
	});
	return model;
}

describeOnEveryBackend("a Seq2Seq with attention whose steps may run at once", () => {
	it.each(configs)("is asked after the cell unless told otherwise, and learns: %o", (attention) => {
		const model = new Seq2Seq({ ...small, attention });
		expect(model.config.attend).toBe("afterCell");
		expect(Seq2Seq.fromConfig(JSON.parse(JSON.stringify(model.config))).config).toEqual(model.config);
		const batch = makeBatch(sources, targets);
		const optimizer = tf.train.adam(0.02);
		const variables = [...model.weights.values()];
		const losses = Array.from({ length: 6 }, () => {
			const loss = optimizer.minimize(() => model.loss(batch), true, variables) as tf.Scalar;
			const [value] = loss.dataSync();
			loss.dispose();
			return Number(value);
		});
		losses.slice(1).forEach((loss, i) => {
			expect(loss, losses.join(" ")).toBeLessThan(Number(losses[i]));
		});
		tf.dispose({ ...batch });
		optimizer.dispose();
		model.dispose();
	});

	it.each(cases)(
		"finds hypotheses with their own numbers, in a batch as alone: %o %o",
		async (attention, more) => {
			const model = makeSharp({ ...small, ...more, attention });
			const batch = sourceBatch(sources);
			const options = { maxLength: 8, minLength: 4, beamSize: 4, nBest: 4, never: [0, 1] };
			const before = tf.memory().numTensors;
			const results = await beamDecode(model, batch, options);
			expect(tf.memory().numTensors, "tensors left").toBe(before);
			for (const [row, hypotheses] of results.entries()) {
				const source = sources[row] as number[];
				const single = sourceBatch([source]);
				const [alone] = await beamDecode(model, single, options);
				tf.dispose({ ...single });
				expect(alone?.map(({ tokens }) => tokens)).toEqual(hypotheses.map(({ tokens }) => tokens));
				for (const { tokens, logProb, alignment } of hypotheses) {
					const label = `source ${row}, ${tokens.join(" ")}`;
					const forced = makeBatch([source], [[1, ...tokens]]);
					const { result, records } = captureAttention(() =>
						tf.tidy(() => tf.logSoftmax(model.logits(forced))),
					);
					const [logProbs] = result.arraySync() as number[][][];
					const expected = tokens.reduce((sum, token, t) => sum + Number(logProbs?.[t]?.[token]), 0);
					expectClose([logProb], [expected], { atol: 2e-4, label });
					const [record] = records;
					expect(record?.kind).toBe(kinds[attention.kind]);
					const [weights] = (record as AttentionRecord).weights.arraySync() as number[][][];
					const width = Math.max(...sources.map(({ length }) => length));
					const padded = (weights as number[][]).flatMap((line) =>
						Array.from({ length: width }, (_, s) => line[s] ?? 0),
					);
					expectClose(alignment as Float32Array, padded, { atol: 1e-4, label });
					disposeAttention(records);
					tf.dispose([result, { ...forced }]);
				}
			}
			tf.dispose({ ...batch });
			model.dispose();
		},
	);

	it("refuses what does not fit, and leaves no weight behind", () => {
		const before = tf.memory().numTensors;
		const both = { ...small, bidirectional: true };
		expect(() => new Seq2Seq({ ...both, attention: { kind: "luong", score: "dot" } })).toThrow(
			"luongAttention: `score` 'dot' needs query and memory of one size; querySize is 6, memorySize 12.",
		);
		expect(() => new Seq2Seq({ ...small, attention: { kind: "multiHead", numHeads: 4 } })).toThrow(
			/querySize 6 is not divisible by `numHeads` 4/,
		);
		expect(() => new Seq2Seq({ ...small, attention: { kind: "local", halfWidth: -1 } })).toThrow(
			/`halfWidth`/,
		);
		expect(tf.memory().numTensors).toBe(before);
	});
});
