import { reinforceSurrogate } from "@heed/core";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { expectSlopeMatches } from "../../test/expect-weight-gradients.ts";
import { scores, weighted } from "../../test/plain-frames.ts";
import { readWeights, stirWeights } from "../../test/plain-layers.ts";
import { softmax, sum } from "../../test/plain-numbers.ts";
import { type HardFrameSelection, hardFrameSelection } from "./hard-frame-selection.ts";

const [batch, frames, features, units] = [2, 5, 4, 3];
const vectors = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, frames, features], 3);
const returnAttention = true;

describeOnEveryBackend("hardFrameSelection", () => {
	const mask = (): tf.Tensor2D =>
		tf.tensor2d(
			[
				[1, 1, 0, 1, 1],
				[0, 1, 0, 0, 0],
			],
			[batch, frames],
			"bool",
		);
	const live = [[0, 1, 3, 4], [1]];
	const built = (options: object): HardFrameSelection => {
		const layer = hardFrameSelection({ seed: 0, units, returnAttention, ...options });
		layer.apply(vectors());
		stirWeights(layer);
		return layer;
	};
	/** The frames of the highest scores among those that count. */
	const best = (layer: HardFrameSelection, k: number): number[][] =>
		vectors()
			.arraySync()
			.map((items, b) => {
				const row = scores(readWeights(layer), "", items);
				const order = [...(live[b] ?? [])].sort((i, j) => (row[j] ?? 0) - (row[i] ?? 0)).slice(0, k);
				return row.map((_, t) => Number(order.includes(t)));
			});

	it.each(["straightThrough", "gumbel", "reinforce"] as const)(
		"keeps the k best that count: %s",
		(estimator) => {
			tf.tidy(() => {
				for (const k of [1, 2, 9]) {
					const layer = built({ k, estimator });
					const [output, map] = layer.apply([vectors(), mask()]) as [tf.Tensor, tf.Tensor];
					const chosen = best(layer, k);
					expectClose(map, chosen.flat(), { atol: 0 });
					const means = vectors()
						.arraySync()
						.map((items, b) => weighted(items, chosen[b] ?? []).map((value) => value / sum(chosen[b] ?? [])));
					expectClose(output, means.flat());
				}
			});
		},
	);

	it.each([1, 2])("learns straight through: its weights get the gradient of the softmax, k %i", (k) => {
		tf.tidy(() => {
			const layer = built({ k, estimator: "straightThrough" });
			const upstream = randomTensor([batch, features], 6);
			const u = upstream.arraySync() as number[][];
			const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
			const run = (training: boolean): tf.Tensor =>
				(layer.apply([vectors(), mask()], { training }) as tf.Tensor[])[0] as tf.Tensor;
			expectClose(run(true), run(false), { atol: 0 }); // nothing is drawn
			const soft = (): number => {
				const weights = readWeights(layer);
				const worth = vectors()
					.arraySync()
					.map((items, b) => {
						const counted = items.filter((_, t) => live[b]?.includes(t));
						const y = weighted(counted, softmax(scores(weights, "", counted)));
						return sum(y.map((value, c) => value * (u[b]?.[c] ?? 0))) / Math.min(k, counted.length);
					});
				return sum(worth);
			};
			const loss = (): tf.Scalar => tf.sum(tf.mul(run(true), upstream));
			expectSlopeMatches(variables, loss, { value: soft, tolerance: 2e-3 });
		});
	});

	it("weighs softly in the training of gumbel, and always with topk; both sum to k or to what counts", () => {
		tf.tidy(() => {
			for (const [estimator, training] of [
				["gumbel", true],
				["topk", false],
			] as const) {
				const layer = built({ k: 3, estimator });
				const look = (): tf.Tensor =>
					(layer.apply([vectors(), mask()], { training }) as tf.Tensor[])[1] as tf.Tensor;
				const map = look();
				expectClose(tf.sum(map, 1), [3, 1], { atol: 1e-4 });
				expectClose(tf.sum(tf.mul(map, tf.cast(tf.logicalNot(mask()), "float32"))), [0], { atol: 0 });
				if (training) expect([...look().dataSync()]).not.toEqual([...map.dataSync()]);
			}
			const reinforced = built({ estimator: "reinforce" });
			expect(() => reinforced.apply(vectors(), { training: true })).toThrow(/needs the reward/);
		});
	});

	it("draws with the probabilities of its scores, and REINFORCE finds the gradient of what it expects", () => {
		tf.tidy(() => {
			const layer = built({ estimator: "reinforce", units: 2 });
			const [bias] = layer.trainableWeights.filter(({ originalName }) => originalName.endsWith("item/bias"));
			const weight = bias?.read() as tf.Variable;
			const rows = 3000;
			const many = tf.tile(tf.slice(vectors(), 0, 1), [rows, 1, 1]) as tf.Tensor3D;
			const items = vectors().arraySync()[0] as number[][];
			const worth = [1, -0.5, 2, 0.3, 0.7];
			const values = tf.tensor2d([worth]);
			const expectation = (): number => {
				const p = softmax(scores(readWeights(layer), "", items));
				return sum(p.map((share, t) => share * (worth[t] ?? 0)));
			};
			const { grads } = tf.variableGrads(() => {
				const { weights, logProb } = layer.choose(many, { seed: 5 });
				const reward = tf.sum(tf.mul(weights, values), 1);
				return reinforceSurrogate(logProb, reward, { baseline: expectation() });
			});
			const start = [...weight.dataSync()];
			const numeric = start.map((_, i) => {
				const at = (h: number): number => {
					weight.assign(tf.tensor1d(start.map((value, j) => value + (i === j ? h : 0))));
					return expectation();
				};
				return -(at(0.01) - at(-0.01)) / 0.02;
			});
			expectClose(grads[weight.name] as tf.Tensor, numeric, { atol: 0.03 });
		});
		const layer = built({ k: 2, estimator: "reinforce", query: false });
		const [x, live] = [vectors(), mask()];
		expectNoLeak(() => layer.choose(x, { seed: 1, mask: live }));
		tf.tidy(() => {
			const { weights, output, logProb, entropy } = layer.choose(x, { seed: 1, mask: live });
			expectClose(tf.sum(weights, 1), [2, 1]);
			expect([output.shape, logProb.shape, entropy.shape]).toEqual([[batch, features], [batch], [batch]]);
		});
		expect(() => layer.choose(x, { seed: -1 })).toThrow(/hardFrameSelection.choose: `seed` is -1/);
		expect(() => hardFrameSelection().choose(x, { seed: 1 })).toThrow(/weights are not there yet/);
		tf.dispose([x, live]);
	});
});
