import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { AttentionClassifier } from "./attention-classifier.ts";
import type { LabelledDocuments } from "./classifier-batch.ts";
import type { AttentionClassifierConfig } from "./classifier-config.ts";

const small: AttentionClassifierConfig = {
	vocabularySize: 11,
	classes: 3,
	embeddingSize: 2,
	units: 4,
	seed: 4,
};
const structured = { kind: "structured", units: 5, hops: 2, penalty: 0.3 } as const;
const configs: [string, AttentionClassifierConfig][] = [
	["flat, context", small],
	["flat, structured, LSTM", { ...small, pooling: structured, cell: "lstm" }],
	["flat, mean, self-attention", { ...small, pooling: { kind: "mean" }, selfAttention: { heads: 2 } }],
	["hierarchical, context", { ...small, hierarchical: true, pooling: { kind: "context", units: 3 } }],
	["hierarchical, structured, QRNN", { ...small, hierarchical: true, pooling: structured, cell: "qrnn" }],
	["hierarchical, mean", { ...small, hierarchical: true, pooling: { kind: "mean" }, bidirectional: false }],
];

const int32 = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");

/** Rows of ids, each filled up to a width. */
const rowsOf = (rows: number[][], width: number, pad: number): number[][] =>
	rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(pad)]);

/** Two documents; `more` columns and sentences of padding, filled with `pad`. */
function makeBatch(hierarchical = false, more = 0, pad = 0): LabelledDocuments {
	const labels = int32([2, 0]);
	if (!hierarchical) {
		const tokens = tf.tensor2d(
			rowsOf(
				[
					[5, 9, 4],
					[7, 8, 4, 10, 6],
				],
				5 + more,
				pad,
			),
			undefined,
			"int32",
		);
		return { tokens, wordLengths: int32([3, 5]), labels };
	}
	const documents = [
		[[5, 9, 4], [7]],
		[
			[8, 4],
			[10, 6, 3, 1],
			[2, 7],
		],
	];
	const sentences = 3 + more;
	// What stands in a sentence past the end of a document must not matter, even if it claims words.
	const rows = documents.map((document) => [
		...document,
		...Array.from({ length: sentences - document.length }, () => [pad, pad]),
	]);
	return {
		tokens: tf.tensor3d(
			rows.map((row) => rowsOf(row, 4 + more, pad)),
			undefined,
			"int32",
		),
		wordLengths: tf.tensor2d(
			rows.map((row, i) =>
				row.map((words, j) => (j < (documents[i]?.length ?? 0) || pad > 0 ? words.length : 0)),
			),
			undefined,
			"int32",
		),
		sentenceLengths: int32([2, 3]),
		labels,
	};
}

function sharpen(model: AttentionClassifier): void {
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(tf.mul(randomTensor(variable.shape, i + 1), 0.9)));
	});
}

const disposeBatch = (batch: LabelledDocuments): void => tf.dispose({ ...batch });

describeOnEveryBackend("AttentionClassifier", () => {
	it.each(configs)("has a loss whose gradient is right for every weight: %s", (_, config) => {
		const model = new AttentionClassifier(config);
		sharpen(model);
		const batch = makeBatch(config.hierarchical);
		const loss = (): tf.Scalar => model.loss(batch, { labelSmoothing: 0.1 });
		const { value, grads } = tf.variableGrads(loss, [...model.weights.values()]);
		for (const [name, variable] of model.weights) {
			if (name.endsWith("key/bias")) continue; // shifts all scores of a query alike
			tf.tidy(() => {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				expect(norm, name).toBeGreaterThan(1e-3);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				const numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
				variable.assign(start);
				expect(Math.abs(norm - numeric), name).toBeLessThan(0.02 * norm + 5e-5);
			});
		}
		tf.dispose([value, grads]);
		disposeBatch(batch);
		model.dispose();
	});

	it.each(configs)("does not see padding, of words and of sentences: %s", (_, config) => {
		const model = new AttentionClassifier(config);
		sharpen(model);
		tf.tidy(() => {
			const batch = makeBatch(config.hierarchical);
			const [logits, loss] = [model.logits(batch), model.loss(batch)];
			for (const pad of [0, 6]) {
				const padded = makeBatch(config.hierarchical, 2, pad);
				expectClose(model.logits(padded), logits, { atol: 1e-5 });
				expectClose(model.loss(padded), loss, { atol: 1e-5 });
			}
			expectClose(tf.sum(model.predict(batch), 1), [1, 1]);
			expectClose(tf.log(model.predict(batch)), tf.logSoftmax(logits));
		});
		model.dispose();
	});

	it.each(configs.slice(3))("does not see a sentence without words, wherever it stands: %s", (_, config) => {
		const model = new AttentionClassifier(config);
		sharpen(model);
		tf.tidy(() => {
			const documents = (sentences: number[][]): LabelledDocuments => ({
				tokens: tf.tensor3d([rowsOf(sentences, 3, 9)], undefined, "int32"),
				wordLengths: tf.tensor2d([sentences.map(({ length }) => length)], undefined, "int32"),
				sentenceLengths: int32([sentences.length]),
				labels: int32([1]),
			});
			const without = documents([[5, 9, 4], [7]]);
			for (const sentences of [
				[[], [5, 9, 4], [7]],
				[[5, 9, 4], [], [], [7]],
				[[5, 9, 4], [7], []],
			]) {
				expectClose(model.logits(documents(sentences)), model.logits(without), { atol: 1e-5 });
				expectClose(model.loss(documents(sentences)), model.loss(without), { atol: 1e-5 });
			}
			const nothing = model.logits(documents([[], []]));
			expectClose(tf.squeeze(nothing, [0]), model.weights.get("output/bias") as tf.Tensor, {
				atol: 1e-6,
				label: "nothing at all",
			});
		});
		model.dispose();
	});

	it("adds the penalty with its weight, not that of empty sentences", () => {
		const penaltyOf = (config: AttentionClassifierConfig, batch: LabelledDocuments): number => {
			const losses = [0, 1].map((penalty) => {
				const model = new AttentionClassifier({ ...config, pooling: { ...structured, penalty } });
				const loss = tf.tidy(() => Number(model.loss(batch).dataSync()[0]));
				model.dispose();
				return loss;
			});
			return Number(losses[1]) - Number(losses[0]);
		};
		const batch = makeBatch();
		const model = new AttentionClassifier({ ...small, pooling: structured });
		const { result, records } = captureAttention(() => model.logits(batch));
		const weights = records[0]?.weights.arraySync() as number[][][];
		const expected = weights.map((hops) =>
			hops
				.flatMap((a, i) =>
					hops.map((b, j) => a.reduce((sum, value, t) => sum + value * Number(b[t]), 0) - Number(i === j)),
				)
				.reduce((sum, value) => sum + value * value, 0),
		);
		expect(penaltyOf(small, batch)).toBeCloseTo((Number(expected[0]) + Number(expected[1])) / 2, 4);
		disposeAttention(records);
		tf.dispose(result);
		disposeBatch(batch);
		model.dispose();
	});

	it.each([
		["context", ["batch", "sentence", "word"], [2, 3, 4], ["batch", "sentence"], [2, 3]],
		[
			"structured",
			["batch", "sentence", "hop", "word"],
			[2, 3, 4, 4],
			["batch", "hop", "sentence"],
			[2, 4, 3],
		],
	])("tells a capture where it looked: %s", (kind, wordAxes, wordShape, sentenceAxes, sentenceShape) => {
		const pooling = { kind } as AttentionClassifierConfig["pooling"];
		const model = new AttentionClassifier({ ...small, hierarchical: true, pooling });
		const batch = makeBatch(true);
		const { result, records } = captureAttention(() => model.predict(batch));
		expect(records.map(({ layer, axes, weights }) => [layer, axes, weights.shape])).toEqual([
			["word/pooling", wordAxes, wordShape],
			["sentence/pooling", sentenceAxes, sentenceShape],
		]);
		const sums = tf.tidy(() => [...tf.sum(records[1]?.weights as tf.Tensor, -1).dataSync()]);
		expectClose(sums, new Array(sums.length).fill(1));
		const past = tf.tidy(() => [...tf.slice(records[0]?.weights as tf.Tensor, [0, 2], [1, 1]).dataSync()]);
		expect(past.every((value) => value === 0)).toBe(true); // the first document has two sentences
		disposeAttention(records);
		tf.dispose(result);
		disposeBatch(batch);
		model.dispose();
	});
});
