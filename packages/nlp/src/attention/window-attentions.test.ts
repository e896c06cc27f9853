import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { CoverageAttention } from "./coverage-attention.ts";
import type { AttentionStep, StepOptions } from "./decoder-attention.ts";
import { GaussianWindowAttention } from "./gaussian-window-attention.ts";
import { MonotonicAttention } from "./monotonic-attention.ts";
import type { SteppedAttention } from "./stepped-attention.ts";

const [time, source, querySize, memorySize, units] = [3, 7, 3, 5, 11];
const queries = (): tf.Tensor2D[] =>
	Array.from({ length: time }, (_, t) => randomTensor<tf.Rank.R2>([1, querySize], 20 + t));
const memory = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([1, source, memorySize], 8);

function built<T extends SteppedAttention>(layer: T, scale = 0.7, start = 1): T {
	layer.buildFor(querySize, memorySize);
	layer.setWeights(layer.getWeights().map((weight, i) => randomTensor(weight.shape, i + start, scale)));
	return layer;
}

/** The values of a weight of a layer, by the end of its name. */
const values = <T>(layer: SteppedAttention, name: string): T =>
	layer.weights
		.find(({ originalName }) => originalName.endsWith(name))
		?.read()
		.arraySync() as T;

const times = (x: readonly number[], w: number[][]): number[] =>
	(w[0] as number[]).map((_, j) => x.reduce((sum, value, i) => sum + value * Number(w[i]?.[j]), 0));

function run(layer: SteppedAttention, options: (t: number) => StepOptions = () => ({})): AttentionStep[] {
	let state = layer.setUp(memory());
	return queries().map((query, t) => {
		const step = layer.step(query, state, options(t));
		state = step.state;
		return step;
	});
}

/** `vᵀ tanh(W q + U m_j + extra_j + b)`, v normalised if there is a scale, in float64. */
function additive(
	layer: SteppedAttention,
	query: number[],
	extra: (j: number, unit: number) => number,
): number[] {
	const [v, b] = [values<number[]>(layer, "score/kernel"), values<number[]>(layer, "score/bias")];
	const g = values<number | undefined>(layer, "score/scale");
	const norm = g === undefined ? 1 : g / Math.hypot(...v);
	const asked = times(query, values(layer, "query/kernel"));
	return (memory().arraySync()[0] as number[][]).map((item, j) => {
		const key = times(item, values(layer, "memory/kernel"));
		const inside = (u: number): number => Number(asked[u]) + Number(key[u]) + extra(j, u) + Number(b[u]);
		return norm * v.reduce((sum, weight, u) => sum + weight * Math.tanh(inside(u)), 0);
	});
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const rowOf = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];
const questions = (): number[][] => queries().map(rowOf);

describeOnEveryBackend("GaussianWindowAttention", () => {
	it("computes the formula, and moves forward only", () => {
		tf.tidy(() => {
			const components = 2;
			const layer = built(new GaussianWindowAttention({ components }));
			const bias = values<number[]>(layer, "window/bias");
			let centers = [0, 0];
			const found = run(layer);
			questions().forEach((query, t) => {
				const given = times(query, values(layer, "window/kernel")).map((x, i) =>
					Math.exp(x + Number(bias[i])),
				);
				const before = centers;
				centers = centers.map((center, k) => center + Number(given[2 * components + k]));
				expect(centers.every((center, k) => center > Number(before[k]))).toBe(true);
				const expected = Array.from({ length: source }, (_, j) =>
					centers.reduce((sum, center, k) => {
						const distance = center - (j + 1); // the paper counts positions from 1
						return sum + Number(given[k]) * Math.exp(-Number(given[components + k]) * distance ** 2);
					}, 0),
				);
				expectClose(found[t]?.alignment as tf.Tensor, expected, { label: `step ${t}` });
				expectClose(found[t]?.state.center as tf.Tensor, centers);
			});
		});
	});
});

describeOnEveryBackend("MonotonicAttention", () => {
	it.each([true, false])("computes the expectation of the process, normalised: %s", (normalize) => {
		tf.tidy(() => {
			const layer = built(new MonotonicAttention({ units, normalize, mode: "parallel" }));
			const offset = values<number>(layer, "score/offset");
			let previous = Array.from({ length: source }, (_, j): number => (j === 0 ? 1 : 0));
			const found = run(layer);
			questions().forEach((query, t) => {
				const p = additive(layer, query, () => 0).map((energy) => sigmoid(energy + offset));
				let arrived = 0;
				previous = p.map((chance, j) => {
					arrived = (j === 0 ? 0 : (1 - Number(p[j - 1])) * arrived) + Number(previous[j]);
					return chance * arrived;
				});
				expectClose(found[t]?.alignment as tf.Tensor, previous, { label: `step ${t}` });
			});
		});
	});

	it("stops or goes outside of training, as it does on average where the energies are far from 0", () => {
		let moved = 0;
		for (let start = 1; start <= 6; start++) {
			tf.tidy(() => {
				const [hard, soft] = (["auto", "parallel"] as const).map((mode) =>
					built(new MonotonicAttention({ units, normalize: false, mode }), 40, start),
				) as [MonotonicAttention, MonotonicAttention];
				const [one, two] = [run(hard), run(soft)].map((steps) =>
					tf.concat(steps.map((step) => step.alignment)),
				) as [tf.Tensor2D, tf.Tensor2D];
				expectClose(one, two);
				const rows = one.arraySync();
				expect(rows.flat().every((weight) => weight === 0 || weight === 1)).toBe(true);
				const places = rows.map((row) => row.indexOf(1));
				places.slice(1).forEach((place, t) => {
					expect(place === -1 || place >= Number(places[t])).toBe(true);
				});
				if (places.some((place) => place > 0)) moved++;
			});
		}
		expect(moved).toBeGreaterThan(1);
	});

	it("draws its noise from the seed of the step, in training only", () => {
		tf.tidy(() => {
			const layer = built(new MonotonicAttention({ units }));
			const at = (seed: number): number[] =>
				run(layer, () => ({ training: { seed } })).flatMap(({ alignment }) => rowOf(alignment));
			expect(at(0)).toEqual(at(0));
			expect(at(0)).not.toEqual(at(1));
			const quiet = built(new MonotonicAttention({ units, noise: 0 }));
			const parallel = built(new MonotonicAttention({ units, mode: "parallel" }));
			const plain = run(quiet, () => ({ training: { seed: 0 } }));
			expectClose(plain[1]?.alignment as tf.Tensor, run(parallel)[1]?.alignment as tf.Tensor, { atol: 0 });
		});
	});

	it("starts with the offset that it is told, and the scale of the paper", () => {
		const layer = new MonotonicAttention({ units, scoreBias: -2 });
		layer.buildFor(querySize, memorySize);
		expect(values(layer, "score/offset")).toBe(-2);
		expect(values(layer, "score/scale")).toBeCloseTo(1 / Math.sqrt(units), 6);
	});
});

describeOnEveryBackend("CoverageAttention", () => {
	it("computes the formula, and the penalty without the present step", () => {
		tf.tidy(() => {
			const layer = built(new CoverageAttention({ units }));
			const [w] = values<number[][]>(layer, "coverage/kernel");
			let coverage = new Array<number>(source).fill(0);
			const found = run(layer);
			questions().forEach((query, t) => {
				const scores = additive(layer, query, (j, u) => Number(coverage[j]) * Number(w?.[u]));
				const raw = scores.map((score) => Math.exp(score));
				const total = raw.reduce((sum, value) => sum + value, 0);
				const alignment = raw.map((value) => value / total);
				expectClose(found[t]?.alignment as tf.Tensor, alignment, { label: `step ${t}` });
				const penalty = alignment.reduce((sum, value, j) => sum + Math.min(value, Number(coverage[j])), 0);
				expectClose(found[t]?.penalty as tf.Tensor, [penalty]);
				expect(penalty > 0).toBe(t > 0);
				coverage = coverage.map((value, j) => value + Number(alignment[j]));
			});
		});
	});

	it("has a penalty that one can check by hand", () => {
		tf.tidy(() => {
			const layer = new CoverageAttention({ units });
			layer.buildFor(querySize, memorySize);
			layer.setWeights(layer.getWeights().map((weight) => tf.zerosLike(weight))); // 1 / 4 at each valid position
			const state = layer.setUp(memory(), tf.tensor1d([4], "int32"));
			const coverage = tf.tensor2d([[1, 0.125, 0, 0.25, 0, 0, 0]]);
			const { penalty, state: next } = layer.step(queries()[0] as tf.Tensor2D, { ...state, coverage });
			expectClose(penalty as tf.Tensor, [0.25 + 0.125 + 0 + 0.25]);
			expectClose(next.coverage as tf.Tensor, [1.25, 0.375, 0.25, 0.5, 0, 0, 0]);
		});
	});
});
