import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { expectSlopeMatches } from "../../test/expect-weight-gradients.ts";
import { throughText } from "../../test/save-and-load.ts";
import type { DeepRecurrentAttentionConfig } from "./deep-attention-config.ts";
import { DeepRecurrentAttentionModel } from "./deep-recurrent-attention-model.ts";

const [batch, height, width, labelCount, glimpses] = [3, 11, 7, 2, 2];
const std = 0.1;
const small: DeepRecurrentAttentionConfig = {
	...{ classes: 3, labels: labelCount, glimpses, units: 5, contextSize: 3, contextFilters: [2, 3] },
	...{ classifierUnits: 4, seed: 0 },
	glimpse: { patchSize: 3, numScales: 2, filters: [2, 4], glimpseUnits: 4, locationUnits: 3, units: 7 },
	policy: { std, hiddenUnits: 6 },
};
const images = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([batch, height, width, 1], 1);
const truth = [
	[2, 0],
	[1, -1], // a shorter sequence
	[0, 2],
];
const labels = (): tf.Tensor2D => tf.tensor2d(truth, [batch, labelCount], "int32");

describeOnEveryBackend("DeepRecurrentAttentionModel", () => {
	it("has the weights of its parts", () => {
		const model = new DeepRecurrentAttentionModel(small);
		const count = [...model.weights.values()].reduce((sum, { size }) => sum + size, 0);
		const dense = (inputs: number, outputs: number): number => inputs * outputs + outputs;
		const convolutions = (...channels: number[]): number =>
			channels.slice(1).reduce((sum, out, i) => sum + dense(9 * (channels[i] ?? 0), out), 0);
		const lstm = (inputs: number): number => 4 * dense(inputs + 5, 5);
		const glimpse = convolutions(2, 2, 4) + dense(9 * 4, 4) + dense(2, 3) + dense(4, 7) + dense(3, 7);
		const core = lstm(7) + lstm(5) + convolutions(1, 2, 3) + dense(9 * 3, 5);
		expect(count).toBe(glimpse + core + dense(5, 6) + dense(6, 2) + dense(5, 4) + dense(4, 3) + dense(5, 1));
		expect(model.config).toMatchObject({ glimpse: { combine: "multiply" }, channels: 1 });
		model.dispose();
	});

	it("learns labels by back-propagation and where to look by what of them comes after", () => {
		tf.tidy(() => {
			const model = new DeepRecurrentAttentionModel(small);
			const weightOf = (path: string): tf.Variable => model.weights.get(path) as tf.Variable;
			weightOf("locator/mean/kernel").assign(tf.zeros([6, 2])); // then the mean is known: tanh(bias)
			weightOf("locator/mean/bias").assign(tf.tensor1d([0.2, -0.1]));
			const mean = [0.2, -0.1].map(Math.tanh);
			const [rollouts, reinforceWeight, baselineWeight] = [2, 0.7, 0.3];
			const options = { trainingSeed: 0, rollouts, reinforceWeight, baselineWeight };
			const data = { images: images(), labels: labels() };
			const look = model.rollOut(tf.tile(data.images, [rollouts, 1, 1, 1]), { seed: 0 });
			expect(look.logProbs.shape).toEqual([6, labelCount, 3]);
			expect(look.drawLogProbs?.shape).toEqual([6, labelCount * glimpses]);
			const hopes = look.baselines?.arraySync() ?? [];
			const said = look.logProbs.arraySync();
			const truths = [...truth, ...truth];
			const right = said.map((rows, b) =>
				rows.map((row, s) => Number(row.indexOf(Math.max(...row)) === truths[b]?.[s])),
			);
			/** The draws of labels that count: the reward that follows, and the log-probability's slope. */
			const draws = truths.flatMap((row, b) =>
				row.flatMap((label, s) =>
					label < 0
						? []
						: Array.from({ length: glimpses }, (_, g) => {
								const t = s * glimpses + g;
								const reward = (right[b] ?? []).slice(s).reduce((sum, value) => sum + value, 0);
								return { b, t, reward, hope: hopes[b]?.[t] ?? 0 };
							}),
				),
			);
			const crossEntropy = said.reduce(
				(sum, rows, b) =>
					sum - rows.reduce((all, row, s) => all + (row[truths[b]?.[s] ?? -1] ?? 0), 0) / said.length,
				0,
			);
			const error = draws.reduce((sum, { hope, reward }) => sum + (hope - reward) ** 2 / draws.length, 0);
			expectClose(model.loss(data, options), [crossEntropy + baselineWeight * error]);

			const run = (more: object): tf.NamedTensorMap =>
				tf.variableGrads(() => model.loss(data, { ...options, ...more })).grads;
			const [whole, without] = [run({}), run({ reinforceWeight: 0 })];
			expect(Object.keys(whole).length).toBe(model.weights.size);
			const places = look.locations.arraySync();
			const expected = mean.map((middle, i) => {
				const scores = draws.map(({ b, t, reward, hope }) => {
					const z = ((places[b]?.[t]?.[i] ?? 0) - middle) / std ** 2;
					return z * (reward - hope) * (1 - middle ** 2);
				});
				return (-reinforceWeight * scores.reduce((sum, score) => sum + score, 0)) / said.length;
			});
			expectClose(whole[weightOf("locator/mean/bias").name] as tf.Tensor, expected, { atol: 1e-3 });
			const taught = /^(locator|core\/upper|core\/context)/; // and what the upper LSTM reads
			for (const [path, { name }] of model.weights) {
				if (taught.test(path) || !/^(classifier|baseline)/.test(path)) continue;
				expectClose(whole[name] as tf.Tensor, without[name] as tf.Tensor, { atol: 1e-6, label: path });
			}
			model.dispose();
		});
	});

	it("trains every weight, and has the gradients of finite differences", () => {
		tf.tidy(() => {
			const model = new DeepRecurrentAttentionModel(small);
			const data = { images: images(), labels: labels() };
			const { grads } = tf.variableGrads(() => model.loss(data, { trainingSeed: 3 }));
			for (const [path, weight] of model.weights) {
				const size = tf.sum(tf.abs(grads[weight.name] as tf.Tensor)).dataSync()[0] ?? 0;
				expect(size, path).toBeGreaterThan(0);
			}
			// Without a draw and with a dead locator places stay where they are, and the loss is smooth in all else.
			for (const path of ["locator/mean/kernel", "locator/mean/bias"]) {
				const weight = model.weights.get(path);
				weight?.assign(tf.zerosLike(weight));
			}
			const smooth = [
				"glimpse/convolution/0/kernel",
				"glimpse/convolution/1/bias",
				"classifier/hidden/kernel",
			];
			const variables = smooth.map((path) => model.weights.get(path) as tf.Variable);
			expectSlopeMatches(variables, () => model.loss(data), { step: 5e-4 });
			model.dispose();
		});
	});

	it("says the classes of every label, records its way, and is saved as its config and weights", () => {
		tf.tidy(() => {
			const model = new DeepRecurrentAttentionModel(small);
			const { result, records } = captureAttention(() => model.predict(images(), { rollouts: 2, seed: 0 }));
			expect(result.shape).toEqual([batch, labelCount, 3]);
			expectClose(tf.sum(result, 2), new Array(batch * labelCount).fill(1));
			expect(records.map(({ kind, weights, meta }) => [kind, weights.shape, meta.mechanism])).toEqual(
				[0, 1].map(() => ["trajectory", [batch, 4, 2], "deepRecurrentAttentionModel"]),
			);
			disposeAttention(records);
			for (const weight of model.weights.values())
				weight.assign(tf.add(weight, randomTensor(weight.shape, 8, 0.2)));
			const copy = throughText(model, (config) => new DeepRecurrentAttentionModel({ ...config, seed: 9 }));
			expect({ ...copy.config, seed: model.config.seed }).toEqual(model.config);
			expectClose(copy.predict(images()), model.predict(images()), { atol: 0 });
			const [drawn, again] = [model, copy].map((one) => one.rollOut(images(), { seed: 2 }).locations);
			expectClose(again as tf.Tensor, drawn as tf.Tensor, { atol: 0 });
			copy.dispose();
			model.dispose();
		});
	});

	it("leaves nothing behind, and says what is wrong", () => {
		const model = new DeepRecurrentAttentionModel(small);
		const data = { images: images(), labels: labels() };
		const step = () => tf.variableGrads(() => model.loss(data, { trainingSeed: 1, rollouts: 2 }));
		expectNoLeak(() => step() as unknown as tf.TensorContainer);
		expectNoLeak(() => model.rollOut(data.images, { seed: 1 }));
		expectNoLeak(() => model.predict(data.images));
		const [other, flat] = [tf.zeros<tf.Rank.R4>([batch, 5, 5, 2]), tf.tensor1d([0, 1, 2], "int32")];
		const high = tf.fill([batch, labelCount], 3, "int32") as tf.Tensor2D;
		const low = tf.fill([batch, labelCount], -2, "int32") as tf.Tensor2D;
		const make = (more: object) => () => new DeepRecurrentAttentionModel({ ...small, ...more });
		const wrong: [RegExp, () => unknown][] = [
			[/DeepRecurrentAttentionModel.rollOut: images .*expected channels 1/, () => model.rollOut(other)],
			[/`rollouts` is 2 without `seed`/, () => model.predict(data.images, { rollouts: 2 })],
			[
				/labels\[0, 0\] is 3; expected 0 to 2, by `classes`, or -1/,
				() => model.loss({ ...data, labels: high }),
			],
			[/labels\[0, 0\] is -2/, () => model.loss({ ...data, labels: low })],
			[/labels .*expected rank 2/, () => model.loss({ ...data, labels: flat as never })],
			[/`labels` is 0/, make({ labels: 0 })],
			[/`contextFilters\[1\]` is 0/, make({ contextFilters: [1, 0] })],
			[/glimpse: `filters` is 3; expected a list/, make({ glimpse: { filters: 3 } })],
			[/policy: unknown option `detach`/, make({ policy: { detach: true } })],
			[/unknown option `core`/, make({ core: "rnn" })],
		];
		for (const [message, run] of wrong) {
			expect(() => tf.tidy(() => run() as tf.Tensor)).toThrow(message);
			expectNoLeak(() => tf.tidy(() => run() as tf.Tensor), { throws: true });
		}
		tf.dispose([data.images, data.labels, other, flat, high, low]);
		model.dispose();
	});
});
