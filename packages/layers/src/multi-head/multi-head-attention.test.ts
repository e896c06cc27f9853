import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, test } from "vitest";
import { saveAndLoad } from "../../test/save-and-load.ts";
import { captureAttention, disposeAttention } from "../capture-attention.ts";
import { MultiHeadAttention, multiHeadAttention } from "./multi-head-attention.ts";

const sequence = (batch: number, length: number, features: number, seed: number): tf.Tensor =>
	randomTensor([batch, length, features], seed);

describeOnEveryBackend("multiHeadAttention", () => {
	test("one head with identity projections is scaled dot-product attention, worked out by hand", () => {
		tf.tidy(() => {
			const layer = multiHeadAttention({ numHeads: 1, useBias: false });
			const x = tf.tensor3d([1, 0, 0, 1], [1, 2, 2]);
			layer.apply(x);
			layer.setWeights(["query", "key", "value", "output"].map(() => tf.eye(2)));
			// scores / √2: the own key 1/√2, the other 0; weight of the own key = e^(1/√2) / (e^(1/√2) + 1)
			const own = Math.exp(Math.SQRT1_2) / (Math.exp(Math.SQRT1_2) + 1);
			expectClose(layer.apply(x) as tf.Tensor, [own, 1 - own, 1 - own, own], { atol: 1e-6 });
			layer.dispose();
		});
	});

	test("has Keras' weight names, and kernels that differ though the seed is one", () => {
		tf.tidy(() => {
			const layer = multiHeadAttention({ numHeads: 3, keyDim: 4, numKeyValueHeads: 1, seed: 0, name: "mha" });
			layer.apply([sequence(2, 5, 6, 1), sequence(2, 7, 8, 2), sequence(2, 7, 10, 3)]);
			expect(layer.weights.map((weight) => [weight.originalName, weight.shape])).toEqual([
				["mha/query/kernel", [6, 12]],
				["mha/query/bias", [12]],
				["mha/key/kernel", [8, 4]],
				["mha/key/bias", [4]],
				["mha/value/kernel", [10, 4]],
				["mha/value/bias", [4]],
				["mha/attention_output/kernel", [12, 6]],
				["mha/attention_output/bias", [6]],
			]);
			expect(layer.countParams()).toBe(6 * 12 + 12 + 8 * 4 + 4 + 10 * 4 + 4 + 12 * 6 + 6);
			const self = multiHeadAttention({ numHeads: 2, seed: 0 });
			self.apply(sequence(1, 2, 4, 1));
			const [q, , k] = self.getWeights();
			expect([...(q as tf.Tensor).dataSync()]).not.toEqual([...(k as tf.Tensor).dataSync()]);
			layer.dispose();
			self.dispose();
		});
	});

	test("same seed, same weights; another seed, others; seed 0 counts", () => {
		const first = (seed: number): number[] =>
			tf.tidy(() => {
				const layer = multiHeadAttention({ numHeads: 2, seed });
				layer.apply(sequence(1, 2, 4, 1));
				const values = [...(layer.getWeights()[0] as tf.Tensor).dataSync()];
				layer.dispose();
				return values;
			});
		expect(first(0)).toEqual(first(0));
		expect(first(0)).not.toEqual(first(1));
	});

	test("masks of rank 2, 3 and 4 mean the same, and hide what they say", () => {
		tf.tidy(() => {
			const layer = multiHeadAttention({ numHeads: 2, returnAttention: true });
			const [x, memory] = [sequence(2, 3, 4, 1), sequence(2, 5, 4, 2)];
			const rank2 = tf.tensor2d([1, 1, 0, 0, 0, 1, 1, 1, 1, 0], [2, 5], "bool");
			const rank3 = tf.tile(tf.reshape(rank2, [2, 1, 5]), [1, 3, 1]);
			const rank4 = tf.tile(tf.reshape(rank2, [2, 1, 1, 5]), [1, 2, 3, 1]);
			const [output, weights] = layer.apply([x, memory, rank2]) as [tf.Tensor, tf.Tensor];
			expect(weights.shape).toEqual([2, 2, 3, 5]);
			expectClose(tf.slice(weights, [0, 0, 0, 2], [1, 2, 3, 3]), new Float32Array(18), { atol: 0 });
			for (const mask of [rank3, rank4]) {
				expectClose((layer.apply([x, memory, mask]) as tf.Tensor[])[0] as tf.Tensor, output, { atol: 0 });
			}
			layer.dispose();
		});
	});

	test("in a model: predicts, saves, loads and predicts the same, with mask and weights as tensors of the graph", async () => {
		const x = tfl.input({ shape: [null, 6] });
		const mask = tfl.input({ shape: [null], dtype: "bool" });
		const layer = multiHeadAttention({
			numHeads: 2,
			causal: true,
			returnAttention: true,
			outputDim: 5,
			seed: 3,
			name: "look",
		});
		const [y, weights] = layer.apply([x, mask]) as tfl.SymbolicTensor[];
		expect([y?.shape, weights?.shape]).toEqual([
			[null, null, 5],
			[null, 2, null, null],
		]);
		const model = tfl.model({ inputs: [x, mask], outputs: [y, weights] as tfl.SymbolicTensor[] });
		const loaded = await saveAndLoad(model);
		const inputs = [sequence(2, 4, 6, 1), tf.tensor2d([1, 1, 1, 0, 1, 1, 1, 1], [2, 4], "bool")];
		const [a, b] = [model, loaded].map((each) => each.predict(inputs) as tf.Tensor[]) as [
			tf.Tensor[],
			tf.Tensor[],
		];
		expectClose(b[0] as tf.Tensor, a[0] as tf.Tensor, { atol: 0 });
		expectClose(b[1] as tf.Tensor, a[1] as tf.Tensor, { atol: 0 });
		expect(loaded.getLayer("look").getConfig()).toMatchObject({
			numHeads: 2,
			causal: true,
			returnAttention: true,
			outputDim: 5,
			seed: 3,
		});
		expect(loaded.countParams()).toBe(model.countParams());
		tf.dispose([inputs, a, b]);
		model.dispose();
		loaded.dispose();
	});

	test("finds the mask of an embedding in front, and refuses one that would get lost", () => {
		const build = (between: tfl.layers.Layer[]): tfl.LayersModel => {
			const ids = tfl.input({ shape: [4] });
			const embedded = tfl.layers.embedding({ inputDim: 5, outputDim: 4, maskZero: true }).apply(ids);
			const x = between.reduce(
				(tensor, layer) => layer.apply(tensor) as tfl.SymbolicTensor,
				embedded as tfl.SymbolicTensor,
			);
			const look = multiHeadAttention({ numHeads: 2, returnAttention: true });
			return tfl.model({
				inputs: ids,
				outputs: (look.apply(x) as tfl.SymbolicTensor[])[1] as tfl.SymbolicTensor,
			});
		};
		tf.tidy(() => {
			const ids = tf.tensor2d([[1, 2, 0, 0]]);
			const direct = build([]);
			const weights = direct.predict(ids) as tf.Tensor; // [1, 2, 4, 4]
			expectClose(tf.slice(weights, [0, 0, 0, 2], [1, 2, 4, 2]), new Float32Array(16), { atol: 0 });
			const distant = build([tfl.layers.layerNormalization()]);
			expect(() => distant.predict(ids)).toThrow("the mask of the keys comes through other layers");
		});
	});

	test("is captured inside a model, and only then computes weights", () => {
		const x = tfl.input({ shape: [3, 4] });
		const model = tfl.model({
			inputs: x,
			outputs: multiHeadAttention({ numHeads: 2, name: "eye" }).apply(x) as tfl.SymbolicTensor,
		});
		const input = sequence(1, 3, 4, 1);
		const { result, records } = captureAttention(() => model.predict(input) as tf.Tensor);
		expect(records).toHaveLength(1);
		expect(records[0]).toMatchObject({
			layer: "eye",
			kind: "multiHeadAttention",
			axes: ["batch", "heads", "query", "key"],
		});
		expectClose(tf.sum(records[0]?.weights as tf.Tensor, 3), new Float32Array(6).fill(1));
		const plain = model.predict(input) as tf.Tensor;
		expectClose(plain, result, { atol: 1e-6 });
		disposeAttention(records);
		tf.dispose([input, result, plain]);
		model.dispose();
	});

	test("learns in fit, with dropout, another one each step", async () => {
		const x = tfl.input({ shape: [4, 3] });
		const layer = multiHeadAttention({ numHeads: 1, keyDim: 4, dropout: 0.2, seed: 1 });
		const model = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
		model.compile({ optimizer: tf.train.adam(0.02), loss: "meanSquaredError" });
		const inputs = sequence(8, 4, 3, 1);
		const targets = tf.tile(tf.mean(inputs, 1, true), [1, 4, 1]);
		const history = await model.fit(inputs, targets, { epochs: 30, shuffle: false });
		const losses = history.history.loss as number[];
		expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] as number));
		const dropped = [1, 2].map(() => layer.apply(inputs, { training: true }) as tf.Tensor);
		expect([...(dropped[0] as tf.Tensor).dataSync()]).not.toEqual([...(dropped[1] as tf.Tensor).dataSync()]);
		const [a, b] = [1, 2].map(() => layer.apply(inputs) as tf.Tensor) as [tf.Tensor, tf.Tensor];
		expectClose(a, b, { atol: 0 });
		tf.dispose([inputs, targets, dropped, a, b]);
		model.dispose();
	});

	test("leaves nothing behind", () => {
		const layer = multiHeadAttention({ numHeads: 2, returnAttention: true });
		const x = sequence(1, 3, 4, 1);
		expectNoLeak(() => layer.apply(x) as tf.Tensor[]);
		tf.dispose(x);
		layer.dispose();
	});

	test("refuses sizes that do not fit, with what would", () => {
		const bad = (args: object) => () => multiHeadAttention({ numHeads: 4, ...args });
		expect(bad({ numHeads: 0 })).toThrow(
			"multiHeadAttention: `numHeads` is 0; expected a whole number at least 1.",
		);
		expect(bad({ numKeyValueHeads: 3 })).toThrow(
			"`numHeads` 4 is not a multiple of `numKeyValueHeads` 3. Use 1, 2 or 4 key/value heads.",
		);
		expect(bad({ dropout: 1 })).toThrow("`dropout` is 1");
		expect(bad({ heads: 4 })).toThrow("unknown option `heads`");
		expect(bad({ seed: -1 })).toThrow("`seed` is -1");
		tf.tidy(() => {
			expect(() => bad({})().apply(sequence(1, 2, 10, 1))).toThrow(
				"multiHeadAttention: `modelDim` 10 is not divisible by `numHeads` 4. Use 1, 2, 5 or 10 heads, or give `keyDim`.",
			);
			expect(() => bad({})().apply(tf.zeros([2, 8]))).toThrow("query [2, 8] has rank 2; expected rank 3");
			const x = sequence(1, 2, 8, 1);
			expect(() => bad({})().apply([x, x, x, x])).toThrow(
				"4 inputs came that are no mask; expected [query], [query, memory]",
			);
			const mask = tf.ones([1, 3], "bool");
			expect(() => bad({})().apply([x, x, mask])).toThrow(
				"multiHeadAttention: mask [batch 1, keyLength 3] does not fit: expected [batch 1, keyLength 2] or [batch 1, queryLength 2, keyLength 2] or",
			);
		});
	});

	test("a refusal in the middle of training leaves nothing behind", () => {
		const layer = multiHeadAttention({ numHeads: 2 });
		const [x, mask] = [sequence(1, 3, 4, 1), tf.ones([1, 4], "bool")];
		layer.apply([x, x]);
		const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
		expectNoLeak(
			() => tf.variableGrads(() => tf.sum(layer.apply([x, x, mask]) as tf.Tensor), weights).value,
			{
				throws: true,
			},
		);
		tf.dispose([x, mask]);
		layer.dispose();
	});

	test("dropout goes on where another run stopped", () => {
		tf.tidy(() => {
			const layer = multiHeadAttention({ numHeads: 1, dropout: 0.5, seed: 3 });
			const x = sequence(2, 3, 4, 1);
			const drop = (): number[] => [...(layer.apply(x, { training: true }) as tf.Tensor).dataSync()];
			const [, second] = [drop(), drop()];
			expect(layer.dropoutStep).toBe(2);
			layer.dropoutStep = 1;
			expect(drop()).toEqual(second);
			layer.dispose();
		});
	});

	test("is registered under its own class name", () => {
		expect(MultiHeadAttention.className).toBe("HeedMultiHeadAttention");
		expect(tf.serialization.SerializationMap.getMap().classNameMap.HeedMultiHeadAttention).toBeDefined();
	});
});
