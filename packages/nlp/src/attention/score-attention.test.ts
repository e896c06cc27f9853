import { HeedError } from "@heed/core";
import { captureAttention, disposeAttention } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { type AttentionConfig, attentionByName } from "./attention-by-name.ts";
import { LuongAttention } from "./luong-attention.ts";
import type { ScoreAttention } from "./score-attention.ts";

const [batch, time, source, querySize, memorySize] = [3, 2, 5, 4, 7];
type Tested = Extract<AttentionConfig, { kind: "bahdanau" | "luong" }>;
const configs: Tested[] = [
	{ kind: "bahdanau", units: 11 },
	{ kind: "bahdanau", units: 11, normalize: true },
	{ kind: "luong" },
	{ kind: "luong", scale: true },
	{ kind: "luong", normalizer: "sparsemax" },
	{ kind: "bahdanau", units: 11, normalizer: "sparsemax" },
];

function make(config: AttentionConfig): ScoreAttention {
	const layer = attentionByName("test", config, 0) as ScoreAttention;
	layer.buildFor(querySize, memorySize);
	// Away from their special starting values, so that every weight matters.
	layer.setWeights(layer.getWeights().map((weight, i) => randomTensor(weight.shape, i + 1)));
	return layer;
}

const query = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, time, querySize], 7);
const memory = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, source, memorySize], 8);
const lengths = (): tf.Tensor1D => tf.tensor1d([5, 2, 3], "int32");

/** The formulas of the papers in float64. */
function reference(config: Tested, weights: readonly tf.Tensor[], q: number[], m: number[][]): number[] {
	const values = weights.map((weight) => weight.arraySync());
	const times = (x: number[], w: number[][]): number[] =>
		(w[0] as number[]).map((_, j) => x.reduce((sum, value, i) => sum + value * Number(w[i]?.[j]), 0));
	const dot = (x: number[], y: number[]): number =>
		x.reduce((sum, value, i) => sum + value * Number(y[i]), 0);
	const scores = m.map((item) => {
		if (config.kind === "luong") {
			return dot(q, times(item, values[0] as number[][])) * Number(config.scale ? values[1] : 1);
		}
		const [wq, wm, v, g = 0, b] = values as [number[][], number[][], number[], number?, number[]?];
		const asked = times(q, wq);
		const hidden = times(item, wm).map((value, i) =>
			Math.tanh(value + Number(asked[i]) + Number(b?.[i] ?? 0)),
		);
		return dot(v, hidden) * (config.normalize ? g / Math.sqrt(dot(v, v)) : 1);
	});
	if (config.normalizer === "sparsemax") {
		// Of the largest k scores, k the most that stay above the threshold (sum − 1) / k.
		const sorted = [...scores].sort((x, y) => y - x);
		let [sum, threshold] = [0, 0];
		sorted.forEach((score, i) => {
			sum += score;
			if (score > (sum - 1) / (i + 1)) threshold = (sum - 1) / (i + 1);
		});
		return scores.map((score) => Math.max(score - threshold, 0));
	}
	const exps = scores.map((score) => Math.exp(score - Math.max(...scores)));
	const total = exps.reduce((sum, value) => sum + value, 0);
	return exps.map((value) => value / total);
}

describeOnEveryBackend("Bahdanau and Luong attention", () => {
	it.each(configs)("computes the formula: %o", (config) => {
		tf.tidy(() => {
			const layer = make(config);
			const { alignment } = layer.attendAll(query(), layer.setUp(memory(), lengths()));
			const [questions, items] = [query().arraySync(), memory().arraySync()];
			[5, 2, 3].forEach((length, b) => {
				const valid = (items[b] as number[][]).slice(0, length);
				const expected = reference(config, layer.getWeights(), questions[b]?.[1] as number[], valid);
				const row = (alignment.arraySync()[b] as number[][])[1] as number[];
				expectClose(row, [...expected, ...Array.from({ length: source - length }, () => 0)]);
			});
		});
	});

	it.each(configs)("has the gradients of query and memory, all at once and step by step: %o", (config) => {
		const layer = make(config);
		tf.tidy(() => {
			const all = (q: tf.Tensor, m: tf.Tensor): tf.Tensor =>
				layer.attendAll(q as tf.Tensor3D, layer.setUp(m as tf.Tensor3D, lengths())).context;
			const step = (q: tf.Tensor, m: tf.Tensor): tf.Tensor => {
				const first = tf.reshape(tf.slice(q, [0, 0, 0], [batch, 1, querySize]), [batch, querySize]);
				return layer.step(first as tf.Tensor2D, layer.setUp(m as tf.Tensor3D, lengths())).context;
			};
			expectGradientsMatch(all, [query(), memory()], { names: ["query", "memory"] });
			expectGradientsMatch(step, [query(), memory()], { names: ["query", "memory"] });
		});
	});

	it.each(configs)("has the gradients of its weights: %o", (config) => {
		const layer = make(config);
		tf.tidy(() => {
			const weigh = randomTensor([batch, time, memorySize], 5);
			const loss = (): tf.Scalar => {
				const { context } = layer.attendAll(query(), layer.setUp(memory(), lengths()));
				return tf.sum(tf.mul(context, weigh));
			};
			const variables = layer.weights.map((weight) => weight.read() as tf.Variable);
			const { grads } = tf.variableGrads(() => tf.tidy(loss), variables);
			for (const variable of variables) {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				expect(norm, variable.name).toBeGreaterThan(1e-2);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				expectClose([(at(1e-2) - at(-1e-2)) / 2e-2 / norm], [1], { atol: 2e-2, label: variable.name });
				variable.assign(start);
			}
		});
	});

	it.each(configs)("is not influenced by what is past the length, to the bit: %o", (config) => {
		const layer = make(config);
		tf.tidy(() => {
			const past = tf.cast(tf.greaterEqual(tf.range(0, source), 3), "float32");
			const only3 = tf.tensor1d([3, 3, 3], "int32");
			const other = tf.add(memory(), tf.mul(tf.reshape(past, [1, source, 1]), 100)) as tf.Tensor3D;
			const one = layer.attendAll(query(), layer.setUp(memory(), only3));
			const two = layer.attendAll(query(), layer.setUp(other, only3));
			expect([...two.context.dataSync()]).toEqual([...one.context.dataSync()]);
		});
	});

	it("gives zeros where there is nothing to attend to, with zero gradients", () => {
		const layer = make({ kind: "bahdanau", units: 11 });
		tf.tidy(() => {
			const none = tf.tensor1d([0, 2, 0], "int32");
			const context = (m: tf.Tensor): tf.Tensor =>
				layer.attendAll(query(), layer.setUp(m as tf.Tensor3D, none)).context;
			expectClose(tf.slice(context(memory()), [0, 0, 0], [1, -1, -1]), new Array(time * memorySize).fill(0));
			const gradient = tf.grad((m: tf.Tensor) => tf.sum(context(m)))(memory());
			expectClose(tf.slice(gradient, [2, 0, 0], [1, -1, -1]), new Array(source * memorySize).fill(0));
		});
	});

	it("reorders a state by beam", () => {
		const layer = make({ kind: "luong" });
		tf.tidy(() => {
			const state = layer.reorderState(layer.setUp(memory(), lengths()), tf.tensor1d([2, 0, 0], "int32"));
			const question = randomTensor<tf.Rank.R2>([batch, querySize], 9);
			const { alignment } = layer.step(question, state);
			const source0 = layer.setUp(memory(), lengths());
			const repeated = tf.gather(question, tf.tensor1d([1, 2, 0], "int32")); // row 0 of the memory is asked by question 1
			const straight = layer.step(repeated, source0).alignment;
			expectClose(tf.slice(alignment, [1, 0], [1, -1]), tf.slice(straight, [0, 0], [1, -1]));
		});
	});

	it("survives its config, and tells a capture where it looked", () => {
		const layer = make({ kind: "bahdanau", units: 11, normalize: true });
		const copy = new (layer.constructor as new (args: object) => ScoreAttention)(layer.getConfig());
		expect(copy.getConfig()).toEqual(layer.getConfig());
		tf.tidy(() => {
			const mask = tf.ones([batch, source], "bool");
			const { records } = captureAttention(() => layer.apply([query(), memory(), mask]) as tf.Tensor);
			expect(records.map(({ kind, axes, weights }) => [kind, axes, weights.shape])).toEqual([
				["bahdanauAttention", ["batch", "query", "key"], [batch, time, source]],
			]);
			disposeAttention(records);
		});
	});

	it("starts Luong's scale at 1 / √querySize", () => {
		const layer = new LuongAttention({ scale: true });
		layer.buildFor(querySize, memorySize);
		const scale = layer.weights.find(({ originalName }) => originalName.endsWith("score/scale"));
		expect(scale?.read().dataSync()[0]).toBeCloseTo(1 / Math.sqrt(querySize), 6);
	});

	it("leaves nothing behind, and says what is wrong", () => {
		const layer = make({ kind: "luong", scale: true });
		const [q, m, l] = [query(), memory(), lengths()];
		const order = tf.tensor1d([2, 0, 1], "int32");
		const state = layer.setUp(m, l);
		const question = randomTensor<tf.Rank.R2>([batch, querySize], 9);
		expectNoLeak(() => ({ ...layer.setUp(m, l) }));
		expectNoLeak(() => {
			const { context, alignment } = layer.step(question, state);
			return [context, alignment];
		});
		expectNoLeak(() => ({ ...layer.reorderState(state, order) }));
		expectNoLeak(() => layer.apply([q, m]) as tf.Tensor);
		expectNoLeak(() => ({ ...layer.setUp(m, question as never) }), { throws: true });
		expect(() => layer.setUp(question as never)).toThrow(
			/memory.*rank 2; expected rank 3: \[batch, source, memorySize\]/,
		);
		expect(() => layer.step(randomTensor<tf.Rank.R2>([2, querySize], 1), state)).toThrow(
			/batch 2.*expected batch 3/,
		);
		expect(() => attentionByName("test", { kind: "bahdanau", units: 0 }, 0)).toThrow(HeedError);
		expect(() => attentionByName("test", { kind: "luong", normalizer: "max" } as never, 0)).toThrow(
			/`normalizer` is "max"; expected 'softmax', 'entmax15', 'sparsemax'/,
		);
		expect(() => attentionByName("test", { kind: "dot" } as never, 0)).toThrow(/'bahdanau', 'luong'/);
		tf.dispose([q, m, l, order, question, ...Object.values(state)]);
	});
});
