import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { BahdanauAttention } from "./bahdanau-attention.ts";
import { LuongAttention, type LuongAttentionArgs } from "./luong-attention.ts";

const [batch, time, source] = [3, 2, 5];
const lengths = [5, 2, 3];
const cases: [LuongAttentionArgs, querySize: number, memorySize: number, weights: [string, number[]][]][] = [
	[{}, 4, 7, [["memory/kernel", [7, 4]]]],
	[
		{ score: "general", scale: true },
		4,
		7,
		[
			["memory/kernel", [7, 4]],
			["score/scale", []],
		],
	],
	[{ score: "dot" }, 7, 7, []],
	[{ score: "dot", scale: true }, 7, 7, [["score/scale", []]]],
	...([undefined, 11] as const).map((units): (typeof cases)[number] => [
		{ score: "concat", units },
		4,
		7,
		[
			["query/kernel", [4, units ?? 4]],
			["memory/kernel", [7, units ?? 4]],
			["score/kernel", [units ?? 4]],
		],
	]),
];

const dot = (x: readonly number[], y: readonly number[]): number =>
	x.reduce((sum, value, i) => sum + value * Number(y[i]), 0);
const times = (x: readonly number[], w: readonly number[][]): number[] => {
	const columns = (w[0] as number[]).map((_, j) => w.map((row) => Number(row[j])));
	return columns.map((column) => dot(x, column));
};

/** The alignment of the paper in float64; W of `concat` is whole here. */
function reference(layer: LuongAttention, q: number[], m: number[][]): number[] {
	const weights = new Map(
		layer.weights.map((weight) => [weight.originalName, weight.read().arraySync() as unknown]),
	);
	const g = layer.scale ? (weights.get("score/scale") as number) : 1;
	const memory = (weights.get("memory/kernel") ?? []) as number[][];
	const scores = m.map((item) => {
		if (layer.scoreKind === "dot") return g * dot(q, item);
		if (layer.scoreKind === "general") return g * dot(q, times(item, memory));
		const w = [...(weights.get("query/kernel") as number[][]), ...memory];
		return dot(weights.get("score/kernel") as number[], times([...q, ...item], w).map(Math.tanh));
	});
	const exps = scores.map(Math.exp);
	return exps.map((value) => value / exps.reduce((sum, one) => sum + one, 0));
}

describeOnEveryBackend("Luong's scores", () => {
	it.each(cases)("computes the formula, with its weights: %o", (args, querySize, memorySize, names) => {
		tf.tidy(() => {
			const layer = new LuongAttention({ ...args, seed: 0 });
			layer.buildFor(querySize, memorySize);
			expect(layer.weights.map(({ originalName, shape }) => [originalName, shape])).toEqual(names);
			layer.setWeights(layer.getWeights().map(({ shape }, i) => randomTensor(shape, i + 1, 0.7)));
			const query = randomTensor<tf.Rank.R3>([batch, time, querySize], 7);
			const memory = randomTensor<tf.Rank.R3>([batch, source, memorySize], 8);
			const state = layer.setUp(memory, tf.tensor1d(lengths, "int32"));
			const { context, alignment } = layer.attendAll(query, state);
			const items = memory.arraySync();
			const expected = query.arraySync().map((questions, b) => {
				const valid = (items[b] as number[][]).slice(0, lengths[b]);
				return questions.map((question) => reference(layer, question, valid));
			});
			const padded = expected.flat().map((row) => Array.from({ length: source }, (_, s) => row[s] ?? 0));
			expectClose(alignment, padded.flat());
			const contexts = expected.flatMap((rows, b) =>
				rows.flatMap((row) => times(row, items[b] as number[][])),
			);
			expectClose(context, contexts);
		});
	});

	it("is Bahdanau's score with concat, from the same weights", () => {
		tf.tidy(() => {
			const [luong, bahdanau] = [
				new LuongAttention({ score: "concat", units: 11 }),
				new BahdanauAttention({ units: 11 }),
			];
			for (const layer of [luong, bahdanau]) layer.buildFor(4, 7);
			bahdanau.setWeights(luong.getWeights());
			const query = randomTensor<tf.Rank.R3>([batch, time, 4], 7);
			const memory = randomTensor<tf.Rank.R3>([batch, source, 7], 8);
			const [one, two] = [luong, bahdanau].map((layer) => layer.attendAll(query, layer.setUp(memory)));
			expectClose(one?.alignment as tf.Tensor, two?.alignment as tf.Tensor, { atol: 0 });
		});
	});

	it("says what is wrong, before it makes a weight", () => {
		const before = tf.memory().numTensors;
		expect(() => new LuongAttention({ score: "dot" }).buildFor(4, 7)).toThrow(
			"luongAttention: `score` 'dot' needs query and memory of one size; querySize is 4, memorySize 7. Use 'general'.",
		);
		expect(() => new LuongAttention({ score: "add" as never })).toThrow(/'dot', 'general', 'concat'/);
		expect(() => new LuongAttention({ score: "concat", units: 0 })).toThrow("`units` is 0");
		expect(() => new LuongAttention({ units: 3 })).toThrow("`units` is 3 with `score` 'general'");
		expect(() => new LuongAttention({ score: "concat", scale: true })).toThrow(
			/`scale` is true with `score`/,
		);
		expect(() => new LuongAttention({ scores: "dot" } as never)).toThrow(HeedError);
		expect(tf.memory().numTensors).toBe(before);
	});
});
