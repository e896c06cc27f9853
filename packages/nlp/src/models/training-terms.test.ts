import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import type { AttentionFactory } from "../attention/attention-factory.ts";
import { contextOf } from "../attention/context-of.ts";
import { HardAttention } from "../attention/hard-attention.ts";
import { Seq2Seq } from "./seq2seq.ts";
import type { Seq2SeqBatch } from "./seq2seq-batch.ts";
import type { Seq2SeqConfig } from "./seq2seq-config.ts";
import { liveMean, RewardBaseline, type RewardOf } from "./training-terms.ts";

const config: Seq2SeqConfig = {
	...{ sourceVocabularySize: 7, targetVocabularySize: 5, embeddingSize: 3, units: 3, seed: 3 },
};
const units = 3;

/** One sentence of two positions, and two decisions; several times, if wanted. */
const makeBatch = (times = 1): Seq2SeqBatch => {
	const rows = <T>(row: T): T[] => new Array(times).fill(row);
	return {
		source: tf.tensor2d(rows([5, 4]), undefined, "int32"),
		sourceLengths: tf.tensor1d(rows(2), "int32"),
		target: tf.tensor2d(rows([1, 4, 2]), undefined, "int32"),
		targetLengths: tf.tensor1d(rows(3), "int32"),
	};
};

/** Attention that goes along a given path, and notes how likely it was to go there. */
function forced(path: readonly number[], chances: tf.Tensor[]): AttentionFactory {
	return (parameters, sizes) => {
		const layer = new HardAttention({ units, softRate: 1 }); // gives the chances themselves
		layer.buildFor(sizes.querySize, sizes.memorySize);
		for (const weight of layer.weights) parameters.adopt(weight.originalName, weight.read() as tf.Variable);
		let t = 0;
		return {
			name: "forced",
			kind: "forced",
			setUp: (memory, lengths) => {
				t = 0;
				chances.length = 0;
				return layer.setUp(memory, lengths);
			},
			step: (query, state) => {
				const { alignment } = layer.step(query, state, { training: { seed: 0 } });
				const taken = tf.tensor2d([[0, 1].map((place) => (place === path[t] ? 1 : 0))]);
				chances.push(tf.keep(tf.sum(tf.mul(alignment, taken))));
				t++;
				const context = contextOf(tf.expandDims(taken, 1) as tf.Tensor3D, state.memory);
				return { context: tf.squeeze(context, [1]) as tf.Tensor2D, alignment: taken, state };
			},
			reorderState: (state, order) => layer.reorderState(state, order),
		};
	};
}

describeOnEveryBackend("REINFORCE", () => {
	it("has on average the gradient of the expected loss", () => {
		const attention = { kind: "hard", units, softRate: 0 } as const;
		const model = new Seq2Seq({ ...config, attention });
		const watched = ["decoder/attention/score/kernel", "decoder/attention/query/kernel", "encoder/embedding"];
		// Scores far apart enough that positions differ, and predictions that depend on them.
		for (const [name, variable] of model.weights) {
			tf.tidy(() => variable.assign(tf.mul(variable, name.includes("attention") ? 1.5 : 2)));
		}
		const batch = makeBatch();

		// All four ways to go, each as likely as the mechanism says.
		const exact = new Map<string, Float64Array>();
		for (const path of [
			[0, 0],
			[0, 1],
			[1, 0],
			[1, 1],
		]) {
			const chances: tf.Tensor[] = [];
			const one = new Seq2Seq(config, { attention: forced(path, chances) });
			const names = [...model.weights.keys()];
			[...one.weights.values()].forEach((variable, i) => {
				variable.assign(model.weights.get(names[i] as string) as tf.Tensor);
			});
			const { grads, value } = tf.variableGrads(() => {
				const loss = one.loss(batch);
				return tf.mul(loss, tf.mul(chances[0] as tf.Tensor, chances[1] as tf.Tensor)) as tf.Scalar;
			}, [...one.weights.values()]);
			[...one.weights.values()].forEach((variable, i) => {
				const name = names[i] as string;
				const sum = exact.get(name) ?? new Float64Array(variable.size);
				grads[variable.name]?.dataSync().forEach((slope, at) => {
					sum[at] = Number(sum[at]) + slope;
				});
				exact.set(name, sum);
			});
			tf.dispose([grads, value, chances]);
			one.dispose();
		}

		const draws = 40;
		const many = makeBatch(25);
		const sums = new Map(watched.map((name) => [name, new Float64Array(Number(exact.get(name)?.length))]));
		const squares = new Map(watched.map((name) => [name, new Float64Array(Number(exact.get(name)?.length))]));
		const variables = watched.map((name) => model.weights.get(name) as tf.Variable);
		for (let trainingSeed = 0; trainingSeed < draws; trainingSeed++) {
			const { grads, value } = tf.variableGrads(() => model.loss(many, { trainingSeed }), variables);
			variables.forEach((variable, i) => {
				const name = watched[i] as string;
				grads[variable.name]?.dataSync().forEach((slope, at) => {
					(sums.get(name) as Float64Array)[at] = Number(sums.get(name)?.[at]) + slope;
					(squares.get(name) as Float64Array)[at] = Number(squares.get(name)?.[at]) + slope ** 2;
				});
			});
			tf.dispose([grads, value]);
		}
		for (const name of watched) {
			let clear = 0;
			exact.get(name)?.forEach((slope, at) => {
				const mean = Number(sums.get(name)?.[at]) / draws;
				const error = Math.sqrt((Number(squares.get(name)?.[at]) / draws - mean ** 2) / draws);
				expect(Math.abs(mean - slope), `${name}[${at}]`).toBeLessThan(4 * error + 1e-5);
				if (Math.abs(slope) > 4 * error) clear++;
			});
			expect(clear, `${name}: slopes that stand out of the noise`).toBeGreaterThan(0);
		}
		tf.dispose({ ...batch, many: { ...many } });
		model.dispose();
	}, 120_000);

	it.each<[RewardOf, number[]]>([
		// Log-probabilities of tokens -1 -2 (-3) and -4 -5 -6; the third of the first row does not count.
		["token", [-1, -4, -2, -5, 0, -6]],
		["sentence", [-3, -15, -3, -15, 0, -15]],
	])("rewards a decision with its %s, and has no value of its own", (reward, rewards) => {
		const baseline = new RewardBaseline();
		tf.tidy(() => {
			const tokenLogProb = tf.tensor2d([-1, -4, -2, -5, -3, -6], [3, 2]);
			const live = tf.tensor2d([1, 1, 1, 1, 0, 1], [3, 2]);
			const slopes = (entropyWeight: number): [tf.Tensor, tf.Tensor, tf.Tensor] => {
				const term = (logProb: tf.Tensor, entropy: tf.Tensor): tf.Scalar => {
					const sample = { logProb, entropy } as { logProb: tf.Tensor2D; entropy: tf.Tensor2D };
					return baseline.term({ sample, tokenLogProb, live, reward, reinforceWeight: 2, entropyWeight });
				};
				const { value, grads } = tf.valueAndGrads(term)([tf.ones([3, 2]), tf.ones([3, 2])]);
				return [value, grads[0] as tf.Tensor, grads[1] as tf.Tensor];
			};
			const counts = live.dataSync();
			// Per token: minus the reward above the baseline, times its weight, over the 5 tokens.
			const expected = (base: number): number[] =>
				rewards.map((gain, i) => (counts[i] ? (-2 * (gain - base)) / 5 : 0));
			const [value, first, bonus] = slopes(0.5);
			expectClose(value, [0], { atol: 0 });
			expectClose(first, expected(0));
			expectClose(
				bonus,
				[...counts].map((count) => (-0.5 * count) / 5),
			);
			const mean = reward === "token" ? -18 / 5 : -9;
			expectClose(slopes(0.5)[1], expected(mean)); // the first reward starts it
			expectClose(slopes(0.5)[1], expected(0.9 * mean + 0.1 * mean));
		});
		baseline.dispose();
	});

	it("takes means over what counts", () => {
		tf.tidy(() => {
			expectClose(liveMean(tf.tensor1d([1, 2, 30]), tf.tensor1d([1, 1, 0])), [1.5]);
			expectClose(liveMean(tf.tensor1d([1, 2]), tf.tensor1d([0, 0])), [0]);
		});
	});

	it("goes on as if it had not stopped, with weights and training state put into another model", () => {
		const attention = { kind: "hard", units, softRate: 0 } as const;
		const batch = makeBatch();
		const optimizer = tf.train.sgd(0.5);
		const learn = (model: Seq2Seq, from: number, to: number): void => {
			for (let step = from; step < to; step++) {
				const loss = (): tf.Scalar => model.loss(batch, { trainingSeed: step });
				optimizer.minimize(loss, false, [...model.weights.values()]);
			}
		};
		const valuesOf = (model: Seq2Seq): number[][] =>
			[...model.weights.values()].map((weight) => [...weight.dataSync()]);
		const [whole, stopped, resumed, forgetful] = Array.from(
			{ length: 4 },
			() => new Seq2Seq({ ...config, attention }),
		) as [Seq2Seq, Seq2Seq, Seq2Seq, Seq2Seq];
		expect(whole.trainingState.size).toBe(2);
		learn(whole, 0, 4);
		learn(stopped, 0, 2);
		for (const [name, weight] of stopped.weights) {
			for (const model of [resumed, forgetful]) model.weights.get(name)?.assign(weight);
		}
		for (const [name, state] of stopped.trainingState) resumed.trainingState.get(name)?.assign(state);
		learn(resumed, 2, 4);
		learn(forgetful, 2, 4);
		expect(valuesOf(resumed)).toEqual(valuesOf(whole));
		expect(valuesOf(forgetful)).not.toEqual(valuesOf(whole));
		for (const model of [whole, stopped, resumed, forgetful]) model.dispose();
		expect(new Seq2Seq(config).trainingState.size, "Bahdanau's attention draws nothing").toBe(0);
		tf.dispose({ ...batch });
	});
});
