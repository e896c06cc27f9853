import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { DecoderLM } from "./decoder-lm.ts";
import { type DecoderLMConfig, gptConfig, llamaConfig } from "./decoder-lm-config.ts";
import type { TokenBatch } from "./prompt-batch.ts";

const sizes = { vocabularySize: 11, modelDim: 6, layers: 2, numHeads: 3, hiddenDim: 7, seed: 4 };
const grouped = { ...sizes, numHeads: 4, numKeyValueHeads: 2, keyDim: 4 };
const configs: [string, DecoderLMConfig][] = [
	["GPT", gptConfig({ ...sizes, maxLength: 13 })],
	[
		"GPT-2 with an output of its own",
		gptConfig({ ...sizes, maxLength: 9, activation: "geluTanh", tieOutput: false }),
	],
	["Llama", llamaConfig(grouped)],
	[
		"Llama, interleaved, tied, with a window, a cap and norms",
		llamaConfig({
			...{ ...grouped, tieOutput: true, window: 2, softcap: 3, queryKeyNorm: true },
			positions: { kind: "rotary", layout: "interleaved", base: 100 },
		}),
	],
	["ALiBi", { ...sizes, positions: { kind: "alibi" } }],
];

/** Two rows, of 4 and of 6 tokens; `more` columns of padding, filled with `pad`. */
function makeBatch(more = 0, pad = 0): Required<TokenBatch> & { lengths: tf.Tensor1D } {
	const rows = [
		[1, 9, 4, 2],
		[1, 8, 4, 10, 6, 2],
	];
	const width = 6 + more;
	const padded = rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(pad)]);
	return { ids: tf.tensor2d(padded, undefined, "int32"), lengths: tf.tensor1d([4, 6], "int32") };
}

/** Gives a model weights so large that all of it matters. */
function sharpen(model: DecoderLM): void {
	[...model.weights].forEach(([name, variable], i) => {
		const noise = randomTensor(variable.shape, i + 1, name.endsWith("gamma") ? 0.3 : 0.9);
		tf.tidy(() => variable.assign(name.endsWith("gamma") ? tf.add(noise, 1) : noise));
		noise.dispose();
	});
}

describeOnEveryBackend("DecoderLM", () => {
	it.each(configs)("has a loss whose gradient is right for every weight: %s", (_, config) => {
		const model = new DecoderLM(config);
		sharpen(model);
		const batch = makeBatch();
		const loss = (): tf.Scalar => model.loss(batch, { labelSmoothing: 0.1 });
		const { grads } = tf.variableGrads(loss, [...model.weights.values()]);
		for (const [name, variable] of model.weights) {
			// Along the gradient the loss rises by the gradient's norm: one number that every coordinate has a part in.
			tf.tidy(() => {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				// The same for all keys, which a softmax does not notice.
				if (name.endsWith("key/bias")) {
					expect(norm, name).toBeLessThan(1e-5);
					return;
				}
				expect(norm, name).toBeGreaterThan(2e-3);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				const slope = (h: number): number => (at(h) - at(-h)) / (2 * h);
				const numeric = (4 * slope(5e-3) - slope(1e-2)) / 3;
				variable.assign(start);
				expect(Math.abs(norm - numeric), name).toBeLessThan(0.01 * norm + 2e-4);
			});
		}
		tf.dispose([grads, { ...batch }]);
		model.dispose();
	});

	it.each(configs)("predicts step by step, and after a prompt, what it predicts at once: %s", (_, config) => {
		const model = new DecoderLM(config);
		sharpen(model);
		const rows = [
			[5, 9, 4, 1, 7, 3, 2, 8],
			[7, 8, 3, 10, 6, 2, 0, 5],
			[1, 0, 9, 9, 2, 3, 4, 4],
		];
		const prompts = [2, 5, 1];
		tf.tidy(() => {
			const whole = tf.logSoftmax(model.logits(tf.tensor2d(rows, undefined, "int32"))); // [B, T, V]
			const source = { prompts: rows.map((row, i) => row.slice(0, prompts[i])) };
			expect(model.batchSize(source)).toBe(3);
			let tokens = model.firstTokens(source);
			expect([...tokens]).toEqual([9, 6, 1]);
			let state = model.start(source, 1, 3);
			for (let t = 0; t < 3; t++) {
				const step = model.step(tf.tensor1d(tokens, "int32"), state);
				state = step.state;
				const at = prompts.map((length) => length - 1 + t);
				const expected = at.map((place, row) => tf.slice(whole, [row, place, 0], [1, 1, -1]));
				expectClose(step.logProbs, tf.reshape(tf.concat(expected, 0), [3, -1]), { label: `step ${t}` });
				tokens = Int32Array.from(at, (place, row) => rows[row]?.[place + 1] ?? 0);
			}
		});
		model.dispose();
	});

	it.each(configs)("does not see what comes later, or padding: %s", (_, config) => {
		const model = new DecoderLM(config);
		sharpen(model);
		tf.tidy(() => {
			const loss = model.loss(makeBatch());
			expectClose(model.loss(makeBatch(2, 0)), loss, { atol: 1e-6 });
			expectClose(model.loss(makeBatch(2, 6)), loss, { atol: 1e-6 });
			const [some, other] = [makeBatch(0, 3), makeBatch(0, 7)].map(({ ids }) => model.logits(ids)) as [
				tf.Tensor3D,
				tf.Tensor3D,
			];
			const read = (x: tf.Tensor3D): tf.Tensor => tf.slice(x, [0, 0, 0], [1, 4, -1]);
			expectClose(read(some), read(other), { atol: 0 });
			const { ids } = makeBatch();
			const alone = model.loss({ ids: tf.slice(ids, [1, 0], [1, 6]) });
			const first = model.loss({ ids: tf.slice(ids, [0, 0], [1, 4]) });
			expectClose(tf.div(tf.add(tf.mul(alone, 5), tf.mul(first, 3)), 8), loss.dataSync(), { atol: 1e-6 });
		});
		model.dispose();
	});

	it("is the same model from the same seed, and from its config as JSON", () => {
		for (const [, config] of configs) {
			const one = new DecoderLM(config);
			const json = JSON.parse(JSON.stringify(one.config)) as DecoderLMConfig;
			expect(json).toEqual(one.config);
			const two = DecoderLM.fromConfig(json);
			const other = new DecoderLM({ ...config, seed: 0 });
			expect(two.config).toEqual(one.config);
			expect([...two.weights.keys()]).toEqual([...one.weights.keys()]);
			for (const [name, weight] of one.weights) {
				expectClose(two.weights.get(name) as tf.Tensor, weight, { atol: 0 });
			}
			expect(other.weights.get("embedding")?.dataSync()).not.toEqual(
				one.weights.get("embedding")?.dataSync(),
			);
			for (const model of [one, two, other]) model.dispose();
		}
	});

	it("names its weights, and has those that its config asks for", () => {
		const names = configs.map(([, config]) => {
			const model = new DecoderLM(config);
			const keys = [...model.weights.keys()];
			model.dispose();
			return keys;
		});
		expect(names[0]).toContain("positions");
		expect(names[0]).toContain("blocks/1/self_attention/query/bias");
		expect(names[0]).not.toContain("output/kernel");
		expect(names[1]).toContain("output/kernel");
		expect(names[2]?.filter((name) => /bias|beta|positions/.test(name))).toEqual([]);
		expect(names[2]).toContain("blocks/0/feed_forward/gate/kernel");
		expect(names[3]).toContain("blocks/0/self_attention/key_norm/gamma");
		expect(names[2]?.at(-1)).toBe("output/kernel");
		expect(names[3]?.at(-1)).toBe("norm/gamma");
	});

	it("drops the same numbers for the same seed, and none without", () => {
		for (const rates of [{ dropout: 0.4 }, { attentionDropout: 0.4 }]) {
			const model = new DecoderLM(gptConfig({ ...sizes, maxLength: 9, ...rates }));
			sharpen(model);
			tf.tidy(() => {
				const batch = makeBatch();
				const loss = (options: { trainingSeed?: number }): number =>
					Number(model.loss(batch, options).dataSync()[0]);
				expect(loss({ trainingSeed: 0 })).toBe(loss({ trainingSeed: 0 }));
				expect(loss({ trainingSeed: 0 })).not.toBe(loss({ trainingSeed: 1 }));
				expect(loss({})).toBe(loss({}));
				expect(loss({})).not.toBe(loss({ trainingSeed: 0 }));
			});
			model.dispose();
		}
	});

	it("tells a capture where it looked, at once and step by step", () => {
		const model = new DecoderLM(llamaConfig(grouped));
		const batch = makeBatch();
		const { result, records } = captureAttention(() => model.loss(batch));
		expect(records.map(({ layer, axes, weights }) => [layer, axes, weights.shape])).toEqual(
			["blocks/0/self_attention", "blocks/1/self_attention"].map((layer) => [
				layer,
				["batch", "heads", "query", "key"],
				[2, 4, 5, 5],
			]),
		);
		disposeAttention(records);
		const steps = captureAttention(() => {
			const state = model.start({ prompts: [[3, 4]] }, 2, 3);
			return tf.tidy(() => model.step(tf.tensor1d([4, 4], "int32"), state) as never) as object;
		});
		expect(steps.records.map(({ weights }) => weights.shape)).toEqual([
			...[1, 2].map(() => [1, 4, 1, 4]),
			...[1, 2].map(() => [2, 4, 1, 4]),
		]);
		disposeAttention(steps.records);
		tf.dispose([result, { ...batch }, steps.result as tf.TensorContainerObject]);
		model.dispose();
	});

	it("leaves nothing behind", () => {
		for (const [, config] of configs) {
			const model = new DecoderLM(config);
			const batch = makeBatch();
			expectNoLeak(() => model.loss(batch));
			expectNoLeak(() => model.logits(batch.ids));
			expectNoLeak(() => model.start({ prompts: [[3], [4, 5]] }, 2, 3) as never);
			expectNoLeak(() => {
				const tokens = tf.tensor1d([3, 3, 5, 5], "int32");
				const state = model.start({ prompts: [[3], [4, 5]] }, 2, 3);
				const step = model.step(tokens, state);
				const parents = tf.tensor1d([1, 0, 2, 2], "int32");
				return [tokens, step, parents, model.reorder(step.state, parents)] as never;
			});
			tf.dispose({ ...batch });
			model.dispose();
		}
		expectNoLeak(() => {
			new DecoderLM(configs[0]?.[1] as DecoderLMConfig).dispose();
			return [];
		});
	});
});
