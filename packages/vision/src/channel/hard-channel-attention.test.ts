import { reinforceSurrogate } from "@heed/core";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { mlpOf, readWeights, stirWeights } from "../../test/plain-layers.ts";
import { softmax } from "../../test/plain-numbers.ts";
import { type HardChannelAttention, hardChannelAttention } from "./hard-channel-attention.ts";

const [batch, height, width, channels] = [2, 3, 5, 7];
const image = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([batch, height, width, channels], 3);

/** The scores of every channel, by float64. */
function scoresOf(layer: HardChannelAttention): number[][] {
	const z = tf.tidy(() => tf.mean(image(), [1, 2]).arraySync()) as number[][];
	return z.map((row) => mlpOf(readWeights(layer), row));
}
/** The k best channels of a row, as 0 and 1. */
const best = (row: readonly number[], k: number): number[] => {
	const order = [...row.keys()].sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0)).slice(0, k);
	return row.map((_, c) => (order.includes(c) ? 1 : 0));
};
const built = (options: object): HardChannelAttention => {
	const layer = hardChannelAttention({ seed: 0, rdChannels: 3, returnAttention: true, ...options });
	layer.apply(image());
	stirWeights(layer);
	return layer;
};
const mapOf = (layer: HardChannelAttention, training = false): tf.Tensor =>
	(layer.apply(image(), { training }) as tf.Tensor[])[1] as tf.Tensor;

/** The name of the weight that is added to the scores as it is. */
function biasOf(layer: HardChannelAttention): string {
	const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
	return (variables.at(-1) as tf.Variable).name;
}

describeOnEveryBackend("hardChannelAttention", () => {
	it("keeps the k best, and sends the gradient of straight-through to the softmax", () => {
		tf.tidy(() => {
			for (const k of [1, 3, channels]) {
				const layer = built({ k });
				expectClose(
					mapOf(layer),
					scoresOf(layer).flatMap((row) => best(row, k)),
					{ atol: 0 },
				);
			}
			const layer = built({ k: 2 });
			const upstream = randomTensor([batch, channels], 8);
			const { grads } = tf.variableGrads(() => tf.sum(tf.mul(mapOf(layer), upstream)) as tf.Scalar);
			const u = upstream.arraySync() as number[][];
			const expected = Array.from({ length: channels }, (_, c) =>
				scoresOf(layer).reduce((sum, row, b) => {
					const p = softmax(row);
					const along = p.reduce((total, share, i) => total + share * (u[b]?.[i] ?? 0), 0);
					return sum + (p[c] ?? 0) * ((u[b]?.[c] ?? 0) - along);
				}, 0),
			);
			expectClose(grads[biasOf(layer)] as tf.Tensor, expected);
		});
	});

	it("chooses among scores that lie far apart, and of equal ones the first", () => {
		tf.tidy(() => {
			const layer = hardChannelAttention({ k: 2, rdChannels: 1, returnAttention: true });
			layer.apply(image());
			for (const weight of layer.weights) weight.write(tf.zerosLike(weight.read()));
			layer.weights.at(-1)?.write(tf.tensor1d([0, -1e6, 5, 3000, 5, -7, 0]));
			expectClose(mapOf(layer), [0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0], { atol: 0 });
		});
	});

	it("topk weighs the k best by their softmax, times k", () => {
		tf.tidy(() => {
			const layer = built({ k: 3, estimator: "topk" });
			const expected = scoresOf(layer).flatMap((row) => {
				const kept = best(row, 3).map((keep, c) => keep * Math.exp(row[c] ?? 0));
				const total = kept.reduce((sum, share) => sum + share, 0);
				return kept.map((share) => (3 * share) / total);
			});
			expectClose(mapOf(layer), expected);
		});
	});

	it("gumbel is soft in training, another draw each time, the same from the same seed, and hard in use", () => {
		tf.tidy(() => {
			const [layer, same] = [0, 0].map((seed) =>
				built({ k: 3, estimator: "gumbel", temperature: 0.5, seed }),
			);
			const [first, second] = [1, 2].map(() => mapOf(layer as HardChannelAttention, true));
			expectClose(tf.sum(first as tf.Tensor, 1), [3, 3]);
			expect([...(first as tf.Tensor).dataSync()].some((share) => share > 0.01 && share < 0.99)).toBe(true);
			expect([...(second as tf.Tensor).dataSync()]).not.toEqual([...(first as tf.Tensor).dataSync()]);
			expectClose(mapOf(same as HardChannelAttention, true), first as tf.Tensor, { atol: 0 });
			expectClose(
				mapOf(layer as HardChannelAttention),
				scoresOf(layer as HardChannelAttention).flatMap((row) => best(row, 3)),
				{ atol: 0 },
			);
			const { grads } = tf.variableGrads(
				() => tf.sum(tf.square(mapOf(layer as HardChannelAttention, true))) as tf.Scalar,
			);
			expect(Object.keys(grads).length).toBe(4);
		});
	});

	it("gumbel draws the best of one as often as the softmax says", () => {
		tf.tidy(() => {
			const layer = built({ estimator: "gumbel", temperature: 0.01 });
			const counts = new Array<number>(channels).fill(0);
			for (let round = 0; round < 120; round++) {
				const drawn = tf.argMax(tf.slice(mapOf(layer, true), [0], [1]), 1).dataSync()[0] ?? 0;
				counts[drawn] = (counts[drawn] ?? 0) + 1;
			}
			const p = softmax(scoresOf(layer)[0] ?? []);
			expectClose(
				counts.map((count) => count / 120),
				p,
				{ atol: 0.12, rtol: 0 },
			);
		});
	});

	it("reinforce draws without putting back and tells the probability, in which it is differentiable", () => {
		tf.tidy(() => {
			const layer = built({ k: 1, estimator: "reinforce" });
			const { output, weights, logProb, entropy } = layer.choose(image(), { seed: 5 });
			const p = scoresOf(layer).map(softmax);
			const drawn = weights.arraySync() as number[][];
			expectClose(output, tf.mul(image(), tf.reshape(weights, [batch, 1, 1, channels])), { atol: 0 });
			expectClose(
				logProb,
				drawn.map((row, b) => Math.log(p[b]?.[row.indexOf(1)] ?? 0)),
			);
			expectClose(
				entropy,
				p.map((row) => row.reduce((sum, share) => sum - share * Math.log(share), 0)),
			);
			const loss = (): tf.Scalar =>
				reinforceSurrogate(layer.choose(image(), { seed: 5 }).logProb, tf.tensor1d([1, -0.5]));
			const { grads } = tf.variableGrads(loss);
			const expected = Array.from({ length: channels }, (_, c) =>
				[1, -0.5].reduce(
					(sum, reward, b) => sum - (reward / batch) * ((drawn[b]?.[c] ?? 0) - (p[b]?.[c] ?? 0)),
					0,
				),
			);
			expectClose(grads[biasOf(layer)] as tf.Tensor, expected);
		});
	});

	it("reinforce with all channels draws each once; the probabilities of all orders sum to 1", () => {
		tf.tidy(() => {
			const layer = hardChannelAttention({ k: 2, estimator: "reinforce", rdChannels: 1, seed: 3 });
			const x = randomTensor<tf.Rank.R4>([1, 2, 2, 2], 6);
			layer.apply(x);
			stirWeights(layer);
			const seen = new Map<string, number>();
			for (let seed = 0; seed < 12; seed++) {
				const { weights, logProb } = layer.choose(x, { seed });
				expectClose(weights, [1, 1], { atol: 0 });
				const probability = Math.exp(logProb.dataSync()[0] ?? 0);
				seen.set(probability.toFixed(4), probability);
			}
			expect(seen.size).toBe(2); // both orders came
			expectClose([[...seen.values()].reduce((sum, probability) => sum + probability, 0)], [1]);
		});
	});

	it("leaves nothing behind, and says what is wrong", () => {
		const layer = hardChannelAttention({ k: 2, estimator: "reinforce", seed: 1 });
		const x = image();
		expect(() => layer.choose(x, { seed: 1 })).toThrow(/weights are not there yet/);
		tf.dispose(layer.apply(x) as tf.Tensor);
		expectNoLeak(() => layer.choose(x, { seed: 4 }));
		expectNoLeak(() => layer.apply(x, { training: true }) as tf.Tensor, { throws: true });
		expect(() => layer.apply(x, { training: true })).toThrow(
			/'reinforce' needs the reward, which `fit` does not have/,
		);
		expect(() => layer.choose(x, { seed: -1 })).toThrow(/hardChannelAttention.choose: `seed` is -1/);
		expect(() => layer.choose(x, { seed: 1, colour: 2 } as never)).toThrow(/unknown option `colour`/);
		expect(() => hardChannelAttention({ k: 9 }).apply(x)).toThrow(/`k` is 9, and x has 7 channels/);
		expect(() => hardChannelAttention({ estimator: "soft" as never })).toThrow(/`estimator` is "soft"/);
		expect(() => hardChannelAttention({ temperature: 2 })).toThrow(
			/`temperature` is 2 with `estimator` 'straightThrough'/,
		);
		x.dispose();
		layer.dispose();
	});
});
