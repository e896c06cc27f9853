import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { LocalAttention, type LocalAttentionArgs } from "./local-attention.ts";

// A target longer than the sources and the window together, so that the last windows are empty.
const [batch, time, source, querySize, memorySize] = [3, 11, 7, 5, 3];
const lengths = [7, 4, 0];
const cases: LocalAttentionArgs[] = [
	{ alignment: "monotonic", halfWidth: 2 },
	{ alignment: "monotonic", halfWidth: 1, score: "concat", units: 11 },
	{ alignment: "predictive", halfWidth: 2 },
	{ halfWidth: 3, score: "concat" },
	{ scale: true },
];

function make(args: LocalAttentionArgs): LocalAttention {
	const layer = new LocalAttention({ ...args, seed: 0 });
	layer.buildFor(querySize, memorySize);
	layer.setWeights(layer.getWeights().map(({ shape }, i) => randomTensor(shape, i + 1)));
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

/** The alignment of the paper in float64. */
function reference(layer: LocalAttention, t: number, q: number[], m: number[][], length: number): number[] {
	const weights = new Map(
		layer.weights.map((weight) => [weight.originalName, weight.read().arraySync() as unknown]),
	);
	const matrix = (name: string): number[][] => weights.get(name) as number[][];
	const vector = (name: string): number[] => weights.get(name) as number[];
	const score = (item: number[]): number => {
		if (layer.scoreKind === "general") {
			return Number(weights.get("score/scale") ?? 1) * dot(q, times(item, matrix("memory/kernel")));
		}
		const w = [...matrix("query/kernel"), ...matrix("memory/kernel")];
		return dot(vector("score/kernel"), times([...q, ...item], w).map(Math.tanh));
	};
	const center = (): number => {
		if (layer.alignment === "monotonic") return t;
		const hidden = times(q, matrix("position/query/kernel")).map(Math.tanh);
		return length / (1 + Math.exp(-dot(vector("position/score/kernel"), hidden)));
	};
	const p = center();
	const exps = m.map((item, s) => {
		return s < length && Math.abs(s - p) <= layer.halfWidth ? Math.exp(score(item)) : 0;
	});
	const total = exps.reduce((sum, value) => sum + value, 0) || 1;
	const sigma = layer.halfWidth / 2;
	const gauss = (s: number): number =>
		layer.alignment === "monotonic" ? 1 : Math.exp(-((s - p) ** 2) / (2 * sigma ** 2));
	return exps.map((value, s) => (value / total) * gauss(s));
}

describeOnEveryBackend("Luong's local attention", () => {
	it.each(cases)("computes the formula: %o", (args) => {
		tf.tidy(() => {
			const layer = make(args);
			const { context, alignment } = layer.attendAll(
				query(),
				layer.setUp(memory(), tf.tensor1d(lengths, "int32")),
			);
			const items = memory().arraySync();
			const expected = query()
				.arraySync()
				.map((questions, b) =>
					questions.map((q, t) => reference(layer, t, q, items[b] as number[][], Number(lengths[b]))),
				);
			expectClose(alignment, expected.flat(2));
			const contexts = expected.flatMap((rows, b) =>
				rows.flatMap((row) => times(row, items[b] as number[][])),
			);
			expectClose(context, contexts);
		});
	});

	it("gives zeros when the window has passed the end, and weights that sum to 1 before", () => {
		tf.tidy(() => {
			const layer = make({ alignment: "monotonic", halfWidth: 2 });
			const state = layer.setUp(memory(), tf.tensor1d([7, 4, 1], "int32"));
			const sums = tf.sum(layer.attendAll(query(), state).alignment, 2);
			const ends = [7, 4, 1].map((length) => length + 2); // the last window that reaches the source is at length − 1 + D
			const row = (end: number): number[] => Array.from({ length: time }, (_, t) => (t < end ? 1 : 0));
			expectClose(sums, ends.flatMap(row));
		});
	});

	it("predicts by the length of the source, not of the batch, and by the last valid position of a mask", () => {
		tf.tidy(() => {
			const layer = make({ halfWidth: 2 });
			const state = layer.setUp(memory(), tf.tensor1d([4, 4, 4], "int32"));
			const { alignment } = layer.attendAll(query(), state);
			const short = tf.slice(memory(), [0, 0, 0], [-1, 4, -1]);
			const alone = layer.attendAll(query(), layer.setUp(short)).alignment;
			expectClose(tf.slice(alignment, [0, 0, 0], [-1, -1, 4]), alone, { atol: 1e-6 });

			const holes = tf.tensor2d(new Array(batch).fill([1, 0, 1, 1, 0, 0, 0]), [batch, source], "bool");
			const shown = layer.attendAll(query(), { ...state, mask: tf.expandDims(holes, 1) as tf.Tensor3D });
			const weights = shown.alignment.arraySync();
			const free = alignment.arraySync();
			weights.forEach((rows, b) => {
				rows.forEach((row, t) => {
					expect(row[1]).toBe(0);
					// Where the same window is seen, a hidden position leaves the others their ratio.
					const before = free[b]?.[t] as number[];
					expect(Number(row[2]) * Number(before[3])).toBeCloseTo(Number(row[3]) * Number(before[2]), 5);
				});
			});
		});
	});

	it("carries the number of the step with every row, and goes on from it", () => {
		tf.tidy(() => {
			const layer = make({ alignment: "monotonic", halfWidth: 1 });
			const first = tf.reshape(tf.slice(query(), [0, 0, 0], [-1, 1, -1]), [batch, querySize]) as tf.Tensor2D;
			let state = layer.setUp(memory());
			for (let t = 0; t < 3; t++) state = layer.step(first, state).state;
			expectClose(state.step as tf.Tensor, [3, 3, 3], { atol: 0 });
			const { alignment } = layer.attendAll(query(), state); // steps 3, 4, …
			const seen = alignment.arraySync()[0]?.[0]?.map((weight) => weight > 0);
			expect(seen).toEqual([false, false, true, true, true, false, false]);
			expect(layer.setUp(memory()).step?.shape).toEqual([batch]);
			expect(make({ halfWidth: 1 }).setUp(memory())).not.toHaveProperty("step");
		});
	});

	it("has the weights of its score and of its position, and says what is wrong", () => {
		const names = (args: LocalAttentionArgs): [string, unknown][] =>
			make(args).weights.map(({ originalName, shape }) => [originalName, shape]);
		expect(names({})).toEqual([
			["memory/kernel", [memorySize, querySize]],
			["position/query/kernel", [querySize, querySize]],
			["position/score/kernel", [querySize]],
		]);
		expect(names({ alignment: "monotonic" })).toEqual([["memory/kernel", [memorySize, querySize]]]);
		expect(new LocalAttention().halfWidth).toBe(10);
		expect(() => new LocalAttention({ halfWidth: 0 })).toThrow("localAttention: `halfWidth` is 0");
		expect(() => new LocalAttention({ halfWidth: 2.5 })).toThrow("`halfWidth` is 2.5");
		expect(() => new LocalAttention({ alignment: "free" as never })).toThrow(/'monotonic', 'predictive'/);
		expect(() => make({ score: "dot" })).toThrow("localAttention: `score` 'dot' needs query and memory");
		expect(() => new LocalAttention({ predictive: true } as never)).toThrow("unknown option `predictive`");
	});
});
