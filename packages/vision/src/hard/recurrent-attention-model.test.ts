import { captureAttention, disposeAttention, Parameters } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
	useBackend,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectSlopeMatches } from "../../test/expect-weight-gradients.ts";
import { throughText } from "../../test/save-and-load.ts";
import { LocationPolicy } from "./location-policy.ts";
import type { RecurrentAttentionConfig } from "./recurrent-attention-config.ts";
import { RecurrentAttentionModel } from "./recurrent-attention-model.ts";

const [batch, height, width] = [3, 11, 7];
const small: RecurrentAttentionConfig = {
	...{ classes: 4, glimpses: 3, units: 5, seed: 0 },
	glimpse: { patchSize: 3, numScales: 2, glimpseUnits: 4, locationUnits: 3, units: 7 },
	policy: { std: 0.1 },
};
const images = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([batch, height, width, 1], 1);
const labels = (): tf.Tensor1D => tf.tensor1d([3, 0, 2], "int32");
const weightsOf = (model: RecurrentAttentionModel): tf.Variable[] => [...model.weights.values()];
const count = (config: RecurrentAttentionConfig): number => {
	const model = new RecurrentAttentionModel(config);
	const size = weightsOf(model).reduce((sum, weight) => sum + weight.size, 0);
	model.dispose();
	return size;
};

describe("the published numbers of weights", () => {
	useBackend("cpu");

	it("of a model on 28 × 28, with a hidden layer in the locator, on 60 × 60 in three scales", () => {
		expect(count({ classes: 10 })).toBe(209677);
		expect(count({ classes: 10, policy: { hiddenUnits: 128 } })).toBe(242317);
		expect(count({ classes: 10, glimpse: { patchSize: 12, numScales: 3 } })).toBe(256781);
		const [seen, units] = [7, 5];
		const [plain, lstm] = [
			seen * units + units ** 2 + 2 * units,
			(n: number) => 4 * ((n + units) * units + units),
		];
		const rest = count(small) - plain;
		expect(count({ ...small, core: "lstm" }) - rest).toBe(lstm(seen));
		const deep = lstm(seen) + lstm(units) + 3 * 3 * units + units;
		expect(count({ ...small, core: "deep", contextSize: 3 }) - rest).toBe(deep);
	});
});

describeOnEveryBackend("LocationPolicy", () => {
	it("draws around its mean, with the density of the normal distribution and its gradient", () => {
		tf.tidy(() => {
			const std = 0.2;
			for (const logProbOf of ["sample", "clipped"] as const) {
				const parameters = new Parameters({ seed: 1 });
				const policy = new LocationPolicy(parameters, 3, { std, logProbOf, hiddenUnits: 2, detach: false });
				const state = randomTensor<tf.Rank.R2>([400, 3], 2, 3);
				const { location, logProb } = policy.draw(state, { seed: 0 });
				const mean = policy.mean(state).arraySync();
				const places = location.arraySync();
				const density = places.map((place, b) =>
					place.reduce((sum, l, i) => {
						const z = (l - (mean[b]?.[i] ?? 0)) / std;
						return sum - z ** 2 / 2 - Math.log(std * Math.sqrt(2 * Math.PI));
					}, 0),
				);
				const isInner = places.map((place) => place.every((l) => Math.abs(l) < 1));
				expect(isInner.filter((inner) => !inner).length).toBeGreaterThan(3);
				const kept = (values: ArrayLike<number>): number[] =>
					Array.from(values).filter((_, b) => logProbOf === "clipped" || isInner[b]);
				expectClose(kept(logProb.dataSync()), kept(density), { atol: 1e-4 });
				const z = places.flatMap((place, b) =>
					isInner[b] ? place.map((l, i) => (l - (mean[b]?.[i] ?? 0)) / std) : [],
				);
				const average = z.reduce((sum, value) => sum + value, 0) / z.length;
				expect(Math.abs(average)).toBeLessThan(0.2);
				const one = randomTensor<tf.Rank.R2>([3, 3], 5, 0.1); // nothing is clipped
				expectClose(policy.draw(one, { seed: 3 }).location, policy.draw(one, { seed: 3 }).location, {
					atol: 0,
				});
				// By its score: ∂ log π / ∂ mean = (l − mean) / std², with l held still.
				const drawn = policy.draw(one, { seed: 3 }).location;
				const given = tf.grad((h: tf.Tensor) => policy.draw(h as tf.Tensor2D, { seed: 3 }).logProb)(one);
				const still = (h: tf.Tensor): tf.Tensor => {
					const z = tf.div(tf.sub(drawn, policy.mean(h as tf.Tensor2D)), std);
					return tf.mul(tf.sum(tf.square(z), 1), -0.5);
				};
				expectClose(given, tf.grad(still)(one), { atol: 1e-4 });
				expectGradientsMatch(still, [one], { step: 0.003, tolerance: 0.02 });
				parameters.dispose();
			}
		});
	});

	it("keeps its gradient to itself by default, leaves nothing behind and says what is wrong", () => {
		const parameters = new Parameters({ seed: 1 });
		const policy = new LocationPolicy(parameters, 3);
		const state = randomTensor<tf.Rank.R2>([2, 3], 2);
		const { name } = parameters.variables.get("mean/bias") as tf.Variable;
		tf.tidy(() => {
			const run = () => tf.sum(policy.draw(state, { seed: 1 }).logProb) as tf.Scalar;
			expect(Object.keys(tf.variableGrads(run).grads)).toContain(name);
			const toState = tf.grad((h: tf.Tensor) => policy.mean(h as tf.Tensor2D));
			expect(() => toState(state)).toThrow(/Cannot compute gradient/);
		});
		expectNoLeak(() => policy.draw(state, { seed: 0 }));
		expectNoLeak(() => policy.mean(state));
		const make = (options: object, size = 3) => new LocationPolicy(new Parameters(), size, options);
		const wrong: [RegExp, () => unknown][] = [
			[/LocationPolicy: `std` is 0/, () => make({ std: 0 })],
			[/unknown option `sigma`/, () => make({ sigma: 1 })],
			[/`logProbOf` is "mean"/, () => make({ logProbOf: "mean" })],
			[/`inputSize` is 0/, () => make({}, 0)],
			[/LocationPolicy.draw: `seed` is 0.5/, () => policy.draw(state, { seed: 0.5 })],
			[/LocationPolicy.mean: state .*expected features 3/, () => policy.mean(tf.zeros([2, 5]))],
		];
		for (const [message, run] of wrong) {
			expect(() => tf.tidy(() => run() as tf.Tensor)).toThrow(message);
			expectNoLeak(() => tf.tidy(() => run() as tf.Tensor), { throws: true });
		}
		parameters.dispose();
		state.dispose();
	});
});

describeOnEveryBackend("RecurrentAttentionModel", () => {
	it("learns the class by back-propagation and where to look by REINFORCE, with a baseline", () => {
		tf.tidy(() => {
			const model = new RecurrentAttentionModel(small);
			const weightOf = (path: string): tf.Variable => model.weights.get(path) as tf.Variable;
			weightOf("locator/mean/kernel").assign(tf.zeros([5, 2])); // then the mean is known: tanh(bias)
			weightOf("locator/mean/bias").assign(tf.tensor1d([0.2, -0.1]));
			const mean = [0.2, -0.1].map(Math.tanh);
			const [rollouts, reinforceWeight, baselineWeight] = [2, 0.7, 0.3];
			const options = { trainingSeed: 0, rollouts, reinforceWeight, baselineWeight };
			const data = { images: images(), labels: labels() };
			const twice = tf.tile(data.images, [rollouts, 1, 1, 1]);
			const { logProbs, locations, drawLogProbs, baselines } = model.rollOut(twice, { seed: 0 });
			expect(drawLogProbs?.shape).toEqual([6, 2]);
			const hopes = baselines?.arraySync() ?? [];
			const rows = logProbs.arraySync();
			const truth = [3, 0, 2, 3, 0, 2];
			const rewards = rows.map((row, b) => Number(row.indexOf(Math.max(...row)) === truth[b]));
			const crossEntropy = rows.reduce((sum, row, b) => sum - (row[truth[b] ?? 0] ?? 0) / 6, 0);
			const errors = hopes.flatMap((row, b) => row.map((value) => (value - (rewards[b] ?? 0)) ** 2));
			const error = errors.reduce((sum, value) => sum + value / errors.length, 0);
			expectClose(model.loss(data, options), [crossEntropy + baselineWeight * error]);

			const run = (more: object): tf.NamedTensorMap =>
				tf.variableGrads(() => model.loss(data, { ...options, ...more })).grads;
			const [whole, without] = [run({}), run({ reinforceWeight: 0 })];
			expect(Object.keys(whole).length).toBe(model.weights.size);
			const places = locations.arraySync();
			const expected = mean.map((middle, i) => {
				const scores = places.flatMap((way, b) =>
					[1, 2].map((t) => {
						const advantage = (rewards[b] ?? 0) - (hopes[b]?.[t - 1] ?? 0);
						return (((way[t]?.[i] ?? 0) - middle) / 0.1 ** 2) * advantage * (1 - middle ** 2);
					}),
				);
				return (-reinforceWeight * scores.reduce((sum, score) => sum + score, 0)) / 6;
			});
			expectClose(whole[weightOf("locator/mean/bias").name] as tf.Tensor, expected, { atol: 1e-3 });
			for (const [path, { name }] of model.weights) {
				if (path.startsWith("locator")) continue; // all others know nothing of the policy
				expectClose(whole[name] as tf.Tensor, without[name] as tf.Tensor, { atol: 1e-6, label: path });
			}
			const longer = new RecurrentAttentionModel({ ...small, lastStepInLoss: true });
			expect(longer.rollOut(data.images, { seed: 0 }).drawLogProbs?.shape).toEqual([batch, 3]);
			longer.dispose();
			model.dispose();
		});
	});

	it.each(["rnn", "lstm", "deep"] as const)("has the gradients of finite differences, %s", (core) => {
		tf.tidy(() => {
			// Without a draw and with a dead locator places stay where they are, and the loss is smooth in all else.
			const model = new RecurrentAttentionModel({ ...small, core });
			for (const name of ["kernel", "bias"]) {
				const weight = model.weights.get(`locator/mean/${name}`);
				weight?.assign(tf.zerosLike(weight));
			}
			for (const [path, weight] of model.weights) {
				if (path.startsWith("locator/") || path.startsWith("baseline/") || !path.endsWith("bias")) continue;
				weight.assign(tf.add(weight, randomTensor(weight.shape, 9, 0.3)));
			}
			const inner = [...model.weights.keys()].filter((path) => /core\/.*(k|K)ernel/.test(path));
			const smooth = inner.filter((path) => !/upper|context/.test(path));
			const glimpse = ["what/kernel", "where/bias", "fromWhat/kernel", "fromWhere/kernel"];
			const used = [...smooth, ...glimpse.map((part) => `glimpse/${part}`), "classifier/kernel"];
			const variables = used.map((path) => model.weights.get(path) as tf.Variable);
			const data = { images: images(), labels: labels() };
			expectSlopeMatches(variables, () => model.loss(data), { step: 5e-4 });
			model.dispose();
		});
	});

	it("trains every weight of the deep core, whose first place the policy names", () => {
		tf.tidy(() => {
			const model = new RecurrentAttentionModel({ ...small, core: "deep", contextSize: 4 });
			const data = { images: images(), labels: labels() };
			const { grads } = tf.variableGrads(() => model.loss(data, { trainingSeed: 3 }));
			for (const [path, weight] of model.weights) {
				const size = tf.sum(tf.abs(grads[weight.name] as tf.Tensor)).dataSync()[0] ?? 0;
				expect(size, path).toBeGreaterThan(0);
			}
			const { locations, drawLogProbs } = model.rollOut(data.images, { seed: 1 });
			expect([locations.shape, drawLogProbs?.shape]).toEqual([
				[batch, 3, 2],
				[batch, 3],
			]);
			const first = tf.slice(model.rollOut(data.images).locations, [0, 0, 0], [batch, 1, 2]).dataSync();
			expect(new Set(first).size).toBe(2 * batch); // every image its own
			model.dispose();
		});
	});

	it("averages looks, starts anywhere if wanted, gives the same for the same seed, and is saved as its config and weights", () => {
		tf.tidy(() => {
			const model = new RecurrentAttentionModel({ ...small, start: "random" });
			const several = model.predict(images(), { rollouts: 3, seed: 0 });
			expectClose(tf.sum(several, 1), [1, 1, 1]);
			const { result, records } = captureAttention(() => model.predict(images(), { rollouts: 3, seed: 0 }));
			expectClose(result, several, { atol: 0 });
			expect(records.length).toBe(3);
			const ways = records.map(({ weights }) => [...weights.dataSync()].join());
			expect(new Set(ways).size).toBe(3);
			disposeAttention(records);
			const start = (seed?: number): tf.Tensor =>
				tf.slice(model.rollOut(images(), { seed }).locations, [0, 0, 0], [batch, 1, 2]);
			expectClose(start(), new Array(2 * batch).fill(0), { atol: 0 });
			expect(new Set(start(0).dataSync()).size).toBe(2 * batch);
			expectClose(start(0), start(0), { atol: 0 });
			for (const weight of model.weights.values())
				weight.assign(tf.add(weight, randomTensor(weight.shape, 8, 0.2)));
			const copy = throughText(model, (config) => new RecurrentAttentionModel({ ...config, seed: 9 }));
			expect({ ...copy.config, seed: model.config.seed }).toEqual(model.config);
			expectClose(copy.predict(images()), model.predict(images()), { atol: 0 });
			const [drawn, again] = [model, copy].map((one) => one.rollOut(images(), { seed: 2 }).locations);
			expectClose(again as tf.Tensor, drawn as tf.Tensor, { atol: 0 });
			copy.dispose();
			model.dispose();
		});
	});

	it("leaves nothing behind, and says what is wrong", () => {
		const model = new RecurrentAttentionModel({ ...small, core: "deep" });
		const data = { images: images(), labels: labels() };
		const step = () => tf.variableGrads(() => model.loss(data, { trainingSeed: 1, rollouts: 2 }));
		expectNoLeak(() => step() as unknown as tf.TensorContainer);
		expectNoLeak(() => model.rollOut(data.images, { seed: 1 }));
		expectNoLeak(() => model.predict(data.images, { seed: 1, rollouts: 2 }));
		const other = tf.zeros<tf.Rank.R4>([batch, 5, 5, 2]);
		const ids = tf.tensor1d([0, 1, 4], "int32");
		const none = tf.zeros<tf.Rank.R4>([0, 5, 5, 1]);
		const make = (more: object) => () => new RecurrentAttentionModel({ ...small, ...more });
		const wrong: [RegExp, () => unknown][] = [
			[/rollOut: images .*expected channels 1/, () => model.rollOut(other)],
			[/predict: images .*is empty/, () => model.predict(none)],
			[/`rollouts` is 2 without `seed`/, () => model.predict(data.images, { rollouts: 2 })],
			[/labels\[2\] is 4; expected 0 to 3/, () => model.loss({ ...data, labels: ids })],
			[/labels is float32/, () => model.loss({ ...data, labels: tf.zeros([batch]) })],
			[/`trainingSeed` is -1/, () => model.loss(data, { trainingSeed: -1 })],
			[/`glimpses` is 0/, make({ glimpses: 0 })],
			[/`core` is "gru"/, make({ core: "gru" })],
			[/`start` is 'policy' with `core` 'rnn'/, make({ start: "policy" })],
			[/`contextSize` is 3 with `core` 'lstm'/, make({ core: "lstm", contextSize: 3 })],
			[/`policy.detach` is true with `core` 'deep'/, make({ core: "deep", policy: { detach: true } })],
			[/policy: `std` is 0/, make({ policy: { std: 0 } })],
			[/glimpse: unknown option `size`/, make({ glimpse: { size: 3 } })],
		];
		for (const [message, run] of wrong) {
			expect(() => tf.tidy(() => run() as tf.Tensor)).toThrow(message);
			expectNoLeak(() => tf.tidy(() => run() as tf.Tensor), { throws: true });
		}
		tf.dispose([data.images, data.labels, other, ids, none]);
		model.dispose();
	});
});
