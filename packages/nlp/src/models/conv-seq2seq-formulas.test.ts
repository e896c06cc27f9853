import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { it } from "vitest";
import { ConvSeq2Seq } from "./conv-seq2seq.ts";

type Rows = number[][];

const [units, kernelSize] = [5, 3];
const source = [5, 9, 4, 7];
const target = [1, 4, 6, 2];

const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * Number(b[i]), 0);
const plus = (a: Rows, b: Rows): Rows => a.map((row, t) => row.map((value, i) => value + Number(b[t]?.[i])));
const scaled = (a: Rows, factor: number): Rows => a.map((row) => row.map((value) => value * factor));

/** The whole model in float64, from the formulas of the paper, for one sentence without padding. */
function reference(weights: ReadonlyMap<string, tf.Variable>): Rows {
	const read = (name: string): unknown => weights.get(name)?.arraySync();
	const affine = (x: Rows, scope: string): Rows => {
		const [kernel, bias] = [read(`${scope}/kernel`) as Rows, read(`${scope}/bias`) as number[]];
		return x.map((row) =>
			bias.map(
				(start, j) =>
					start +
					dot(
						row,
						kernel.map((line) => Number(line[j])),
					),
			),
		);
	};
	const embedded = (scope: string, ids: number[]): Rows => {
		const [table, positions] = [read(`${scope}/embedding`) as Rows, read(`${scope}/positions`) as Rows];
		return plus(
			ids.map((id) => table[id] as number[]),
			positions,
		);
	};
	/** GLU of a convolution; `before` steps of zeros in front, and as many behind as it takes. */
	const gated = (x: Rows, scope: string, before: number): Rows => {
		const zero = new Array<number>(units).fill(0);
		const windows = x.map((_, t) =>
			Array.from({ length: kernelSize }, (_, i) => x[t - before + i] ?? zero).flat(),
		);
		return affine(windows, scope).map((row) =>
			row.slice(0, units).map((a, i) => a / (1 + Math.exp(-Number(row[units + i])))),
		);
	};

	const e = embedded("encoder", source);
	let x = affine(e, "encoder/input");
	for (const layer of [0, 1]) x = scaled(plus(gated(x, `encoder/${layer}`, 1), x), Math.SQRT1_2);
	const keys = affine(x, "encoder/output");
	const values = plus(keys, e);

	const g = embedded("decoder", target.slice(0, -1));
	x = affine(g, "decoder/input");
	for (const layer of [0, 1]) {
		const h = gated(x, `decoder/${layer}`, kernelSize - 1);
		const d = plus(affine(h, `decoder/${layer}/attention/query`), g);
		const contexts = d.map((query) => {
			const exps = keys.map((key) => Math.exp(dot(query, key)));
			const total = exps.reduce((sum, value) => sum + value, 0);
			return query.map(
				(_, i) =>
					Math.sqrt(source.length) *
					exps.reduce((sum, a, j) => sum + (a / total) * Number(values[j]?.[i]), 0),
			);
		});
		const c = affine(contexts, `decoder/${layer}/attention/output`);
		x = scaled(plus(scaled(plus(h, c), Math.SQRT1_2), x), Math.SQRT1_2);
	}
	return affine(x, "decoder/output");
}

describeOnEveryBackend("ConvSeq2Seq against its formulas", () => {
	it("computes the logits", () => {
		const model = new ConvSeq2Seq({
			sourceVocabularySize: 11,
			targetVocabularySize: 7,
			embeddingSize: 3,
			units,
			kernelSize,
			encoderLayers: 2,
			decoderLayers: 2,
			maxPositions: 6,
		});
		tf.tidy(() => {
			[...model.weights.values()].forEach((variable, i) => {
				variable.assign(randomTensor(variable.shape, i + 1, 0.6));
			});
			const logits = model.logits({
				source: tf.tensor2d([source], undefined, "int32"),
				sourceLengths: tf.tensor1d([source.length], "int32"),
				target: tf.tensor2d([target], undefined, "int32"),
				targetLengths: tf.tensor1d([target.length], "int32"),
			});
			expectClose(logits, reference(model.weights).flat(), { atol: 2e-5 });
		});
		model.dispose();
	});
});
