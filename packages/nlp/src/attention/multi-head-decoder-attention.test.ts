import { multiHeadAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import {
	MultiHeadDecoderAttention,
	type MultiHeadDecoderAttentionArgs,
} from "./multi-head-decoder-attention.ts";

const [batch, time, source, querySize, memorySize] = [3, 2, 5, 6, 7];
const lengths = [5, 2, 3];
const cases: [MultiHeadDecoderAttentionArgs, keyDim: number][] = [
	[{ numHeads: 1 }, 6],
	[{ numHeads: 3 }, 2],
	[{ numHeads: 2, keyDim: 5 }, 5],
];

function make(args: MultiHeadDecoderAttentionArgs): MultiHeadDecoderAttention {
	const layer = new MultiHeadDecoderAttention({ ...args, seed: 0 });
	layer.buildFor(querySize, memorySize);
	layer.setWeights(layer.getWeights().map(({ shape }, i) => randomTensor(shape, i + 1, 0.7)));
	return layer;
}

const query = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, time, querySize], 7);
const memory = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, source, memorySize], 8);

const dot = (x: readonly number[], y: readonly number[]): number =>
	x.reduce((sum, value, i) => sum + value * Number(y[i]), 0);
const times = (x: readonly number[], w: readonly number[][]): number[] => {
	const columns = (w[0] as number[]).map((_, j) => w.map((row) => Number(row[j])));
	return columns.map((column) => dot(x, column));
};

/** The formula of the paper in float64: the context, and the mean of the heads' weights. */
function reference(weights: number[][][], heads: number, q: number[], m: number[][]): [number[], number[]] {
	const [wq, wk, wv, wo] = weights as [number[][], number[][], number[][], number[][]];
	const d = (wq[0] as number[]).length / heads;
	const cut = (x: number[], h: number): number[] => x.slice(h * d, (h + 1) * d);
	const mean = m.map(() => 0);
	const joined = Array.from({ length: heads }, (_, h) => {
		const exps = m.map((item) => Math.exp(dot(cut(times(q, wq), h), cut(times(item, wk), h)) / Math.sqrt(d)));
		const total = exps.reduce((sum, value) => sum + value, 0);
		exps.forEach((value, s) => {
			mean[s] = Number(mean[s]) + value / total / heads;
		});
		return times(
			exps.map((value) => value / total),
			m.map((item) => cut(times(item, wv), h)),
		);
	});
	return [times(joined.flat(), wo), mean];
}

describeOnEveryBackend("multi-head attention of a decoder", () => {
	it.each(cases)("computes the formula, with its weights: %o", (args, keyDim) => {
		tf.tidy(() => {
			const layer = make(args);
			const size = args.numHeads * keyDim;
			expect(layer.weights.map(({ originalName, shape }) => [originalName, shape])).toEqual([
				["query/kernel", [querySize, size]],
				["key/kernel", [memorySize, size]],
				["value/kernel", [memorySize, size]],
				["attention_output/kernel", [size, memorySize]],
			]);
			const state = layer.setUp(memory(), tf.tensor1d(lengths, "int32"));
			const { context, alignment } = layer.attendAll(query(), state);
			const weights = layer.getWeights().map((weight) => weight.arraySync() as number[][]);
			const items = memory().arraySync();
			const expected = query()
				.arraySync()
				.flatMap((questions, b) => {
					const valid = (items[b] as number[][]).slice(0, lengths[b]);
					return questions.map((q) => reference(weights, args.numHeads, q, valid));
				});
			expectClose(
				context,
				expected.flatMap(([value]) => value),
			);
			const padded = expected.map(([, row]) => Array.from({ length: source }, (_, s) => row[s] ?? 0));
			expectClose(alignment, padded.flat());
		});
	});

	it("agrees with the Transformer's layer without biases, from the same weights", () => {
		tf.tidy(() => {
			const layer = make({ numHeads: 3 });
			const other = multiHeadAttention({
				numHeads: 3,
				outputDim: memorySize,
				useBias: false,
				returnAttention: true,
			});
			const mask = tf.less(tf.range(0, source), tf.reshape(tf.tensor1d(lengths), [batch, 1]));
			other.apply([query(), memory(), mask]);
			other.setWeights(layer.getWeights());
			const [context, weights] = other.apply([query(), memory(), mask]) as tf.Tensor[];
			const all = layer.attendAll(query(), layer.setUp(memory(), tf.tensor1d(lengths, "int32")));
			expectClose(all.context, context as tf.Tensor);
			expectClose(all.alignment, tf.mean(weights as tf.Tensor, 1));
		});
	});

	it("says what is wrong", () => {
		expect(() => make({ numHeads: 4 })).toThrow(
			"multiHeadDecoderAttention: querySize 6 is not divisible by `numHeads` 4. Use a divisor of 6, or give `keyDim`.",
		);
		expect(() => new MultiHeadDecoderAttention({ numHeads: 0 })).toThrow("`numHeads` is 0");
		expect(() => new MultiHeadDecoderAttention({ numHeads: 2, keyDim: 0.5 })).toThrow("`keyDim` is 0.5");
		expect(() => new MultiHeadDecoderAttention({ heads: 2 } as never)).toThrow("unknown option `heads`");
	});
});
