import { describeOnEveryBackend, expectClose, expectGradientsMatch, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { ContextPooling } from "./context-pooling.ts";
import type { PoolingLayer } from "./pooling-layer.ts";
import { StaticAttention } from "./static-attention.ts";
import { StructuredSelfAttention, structuredPenalty } from "./structured-self-attention.ts";

const [batch, length, features, querySize, units, hops] = [3, 5, 4, 2, 7, 3];
const lengths = [5, 2, 0];

const sequence = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, length, features], 1);
const question = (): tf.Tensor2D => randomTensor<tf.Rank.R2>([batch, querySize], 2);
const mask = (): tf.Tensor2D =>
	tf.tensor2d(
		lengths.map((count) => Array.from({ length }, (_, j) => j < count)),
		undefined,
		"bool",
	);

/** Away from their special starting values, so that every weight matters. */
function fill<Layer extends PoolingLayer>(layer: Layer): Layer {
	layer.setWeights(layer.getWeights().map((weight, i) => randomTensor(weight.shape, i + 3, 0.8)));
	return layer;
}

function makeContext(): ContextPooling {
	const layer = new ContextPooling({ units });
	layer.buildFor(features);
	return fill(layer);
}

function makeStatic(): StaticAttention {
	const layer = new StaticAttention({ units });
	layer.buildFor(features, querySize);
	return fill(layer);
}

function makeStructured(): StructuredSelfAttention {
	const layer = new StructuredSelfAttention({ units, hops });
	layer.buildFor(features);
	return fill(layer);
}

const times = (x: number[], w: number[][]): number[] =>
	(w[0] ?? []).map((_, j) => x.reduce((sum, value, i) => sum + value * Number(w[i]?.[j]), 0));
const dot = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * Number(y[i]), 0);

/** Softmax in float64 over the first `count` scores; zeros behind them, and everywhere if there are none. */
function softmax(scores: number[], count: number): number[] {
	const exps = scores.map((score, j) => (j < count ? Math.exp(score) : 0));
	const total = exps.reduce((sum, value) => sum + value, 0);
	return exps.map((value) => (total === 0 ? 0 : value / total));
}

const weighted = (weights: number[], items: number[][]): number[] =>
	Array.from({ length: features }, (_, i) =>
		dot(
			weights,
			items.map((item) => Number(item[i])),
		),
	);

const valuesOf = (layer: PoolingLayer): unknown[] => layer.getWeights().map((weight) => weight.arraySync());

describeOnEveryBackend("pooling", () => {
	it("by a context vector computes Yang's formula", () => {
		tf.tidy(() => {
			const layer = makeContext();
			const { output, weights } = layer.attend(sequence(), mask());
			const [w, b, c] = valuesOf(layer) as [number[][], number[], number[]];
			lengths.forEach((count, row) => {
				const items = sequence().arraySync()[row] as number[][];
				const scores = items.map((item) =>
					dot(
						times(item, w).map((value, i) => Math.tanh(value + Number(b[i]))),
						c,
					),
				);
				const alpha = softmax(scores, count);
				expectClose(weights.arraySync()[row] as number[], alpha, { atol: 1e-6 });
				expectClose(output.arraySync()[row] as number[], weighted(alpha, items));
			});
		});
	});

	it("by a question computes Hermann's formula", () => {
		tf.tidy(() => {
			const layer = makeStatic();
			const { output, weights } = layer.attend(sequence(), question(), mask());
			const [w, u, v] = valuesOf(layer) as [number[][], number[][], number[]];
			lengths.forEach((count, row) => {
				const items = sequence().arraySync()[row] as number[][];
				const asked = times(question().arraySync()[row] as number[], u);
				const scores = items.map((item) =>
					dot(
						times(item, w).map((value, i) => Math.tanh(value + Number(asked[i]))),
						v,
					),
				);
				const alpha = softmax(scores, count);
				expectClose(weights.arraySync()[row] as number[], alpha, { atol: 1e-6 });
				expectClose(output.arraySync()[row] as number[], weighted(alpha, items));
			});
		});
	});

	it("in several hops computes Lin's formula, and its penalty", () => {
		tf.tidy(() => {
			const layer = makeStructured();
			const { output, weights } = layer.attend(sequence(), mask());
			const [w1, w2] = valuesOf(layer) as [number[][], number[][]];
			const penalties = lengths.map((count, row) => {
				const items = sequence().arraySync()[row] as number[][];
				const scores = items.map((item) => times(times(item, w1).map(Math.tanh), w2)); // [T][R]
				const rows = Array.from({ length: hops }, (_, hop) =>
					softmax(
						scores.map((score) => Number(score[hop])),
						count,
					),
				);
				expectClose((weights.arraySync()[row] as number[][]).flat(), rows.flat(), { atol: 1e-6 });
				const expected = rows.flatMap((alpha) => weighted(alpha, items));
				expectClose((output.arraySync()[row] as number[][]).flat(), expected);
				return rows.reduce(
					(sum, a, i) => sum + rows.reduce((inner, b, j) => inner + (dot(a, b) - Number(i === j)) ** 2, 0),
					0,
				);
			});
			expectClose(layer.penalty(weights), penalties);
			expect(penalties[2]).toBe(hops); // nothing counts: A = 0
		});
	});

	it("has no penalty for hops that look at one place each, and the most for hops that look at the same", () => {
		tf.tidy(() => {
			const apart = tf.tensor3d([1, 0, 0, 0, 1, 0], [1, 2, 3]);
			const together = tf.tensor3d([0, 1, 0, 0, 1, 0], [1, 2, 3]);
			expectClose(structuredPenalty(apart), [0], { atol: 0 });
			expectClose(structuredPenalty(together), [2], { atol: 0 });
			const wrong = tf.zeros([2, 3]) as unknown as tf.Tensor3D;
			expect(() => structuredPenalty(wrong)).toThrow(/structuredPenalty: weights .*rank 2; expected rank 3/);
		});
	});

	it("has the gradients of its inputs", () => {
		tf.tidy(() => {
			const [context, fixed, structured] = [makeContext(), makeStatic(), makeStructured()];
			const options = { names: ["x", "query"] };
			expectGradientsMatch((x) => context.attend(x as tf.Tensor3D, mask()).output, [sequence()], options);
			expectGradientsMatch(
				(x, q) => fixed.attend(x as tf.Tensor3D, q as tf.Tensor2D, mask()).output,
				[sequence(), question()],
				options,
			);
			expectGradientsMatch((x) => structured.attend(x as tf.Tensor3D, mask()).output, [sequence()], options);
			expectGradientsMatch(
				(x) => structuredPenalty(structured.attend(x as tf.Tensor3D, mask()).weights),
				[sequence()],
			);
			expectGradientsMatch(
				(a) => structuredPenalty(a as tf.Tensor3D),
				[randomTensor([batch, hops, length], 9)],
			);
		});
	});

	it("has the gradients of its weights", () => {
		const layers: [PoolingLayer, (layer: never) => tf.Tensor][] = [
			[makeContext(), (layer: ContextPooling) => layer.attend(sequence(), mask()).output],
			[makeStatic(), (layer: StaticAttention) => layer.attend(sequence(), question(), mask()).output],
			[makeStructured(), (layer: StructuredSelfAttention) => layer.attend(sequence(), mask()).output],
		];
		for (const [layer, run] of layers) {
			tf.tidy(() => {
				const variables = layer.weights.map((weight) => weight.read() as tf.Variable);
				const loss = (): tf.Scalar =>
					tf.tidy(() => {
						const output = run(layer as never);
						return tf.sum(tf.mul(output, randomTensor(output.shape, 5)));
					});
				const { grads } = tf.variableGrads(loss, variables);
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
		}
	});
});
