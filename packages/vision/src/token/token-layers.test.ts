import { captureAttention, disposeAttention, layerNorm, namedWeights } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { expectWeightGradients } from "../../test/expect-weight-gradients.ts";
import { stirWeights } from "../../test/plain-layers.ts";
import { saveAndLoad } from "../../test/save-and-load.ts";
import { patchEmbedding } from "./patch-embedding.ts";
import { tokenPooling } from "./token-pooling.ts";
import { vitBlock } from "./vit-block.ts";
import { vitEncoder } from "./vit-encoder.ts";

const [batch, height, width, channels, patchSize, modelDim] = [2, 6, 4, 3, 2, 6];
const image = (seed = 1): tf.Tensor4D => randomTensor<tf.Rank.R4>([batch, height, width, channels], seed);
const tokens = (seed = 2): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, 5, modelDim], seed);
const sizes = { numHeads: 2, hiddenDim: 5, seed: 1 };

describeOnEveryBackend("tokens", () => {
	it("patchEmbedding, by its formula", () => {
		tf.tidy(() => {
			const layer = patchEmbedding({ patchSize, modelDim, seed: 1 });
			const x = image();
			layer.apply(x);
			stirWeights(layer);
			const y = layer.apply(x) as tf.Tensor;
			const of = Object.fromEntries([...namedWeights(layer)].map(([path, w]) => [path, w.dataSync()]));
			const at = (path: string, i: number): number => of[path]?.[i] ?? 0;
			const values = x.arraySync();
			const perRow = width / patchSize;
			const count = (height / patchSize) * perRow + 1;
			const expected = values.flatMap((picture) =>
				Array.from({ length: count * modelDim }, (_, at0) => {
					const [token, o] = [Math.floor(at0 / modelDim), at0 % modelDim];
					const place = at("positions", at0);
					if (token === 0) return at("class_token", o) + place;
					const [top, left] = [
						Math.floor((token - 1) / perRow) * patchSize,
						((token - 1) % perRow) * patchSize,
					];
					let total = at("bias", o) + place;
					for (let i = 0; i < patchSize; i++) {
						for (let j = 0; j < patchSize; j++) {
							picture[top + i]?.[left + j]?.forEach((value, c) => {
								total += value * at("kernel", ((i * patchSize + j) * channels + c) * modelDim + o);
							});
						}
					}
					return total;
				}),
			);
			expect(y.shape).toEqual([batch, count, modelDim]);
			expectClose(y, expected, { atol: 1e-5 });
			expectGradientsMatch((given) => layer.apply(given as tf.Tensor) as tf.Tensor, [x], { coordinates: 6 });
			expectWeightGradients(layer, () => layer.apply(x) as tf.Tensor);
			const bare = patchEmbedding({ patchSize: 1, modelDim: 3, classToken: false, positions: false });
			const one = bare.apply(tf.fill([1, 1, 1, 1], 2)) as tf.Tensor; // one image of one pixel of one channel
			expectClose(one, tf.reshape(tf.mul(bare.getWeights()[0] as tf.Tensor, 2), [1, 1, 3]));
			expect(
				patchEmbedding({ patchSize, modelDim, classToken: false, positions: false }).computeOutputShape([
					null,
					null,
					null,
					3,
				]),
			).toEqual([null, null, modelDim]);
		});
	});

	it("vitEncoder is its blocks in a row and a norm", () => {
		tf.tidy(() => {
			const encoder = vitEncoder({ ...sizes, depth: 2, name: "encoder" });
			const x = tokens();
			encoder.apply(x);
			stirWeights(encoder);
			const weights = namedWeights(encoder);
			const { result, records } = captureAttention(() => encoder.apply(x) as tf.Tensor);
			const last = [0, 1].reduce<tf.Tensor>((seen, i) => {
				const block = vitBlock({ ...sizes, returnAttention: true });
				block.apply(seen);
				for (const [path, variable] of namedWeights(block)) {
					variable.assign(weights.get(`${i}/${path}`) as tf.Tensor);
				}
				const [output, map] = block.apply(seen) as [tf.Tensor, tf.Tensor];
				expectClose(records[i]?.weights as tf.Tensor, map, { atol: 1e-6 });
				return output;
			}, x);
			const [gamma, beta] = ["gamma", "beta"].map((part) => weights.get(`norm/${part}`) as tf.Tensor1D);
			expectClose(
				result as tf.Tensor,
				layerNorm(last, gamma as tf.Tensor1D, beta as tf.Tensor1D, { epsilon: 1e-6 }),
				{ atol: 1e-5 },
			);
			expect(records.map(({ layer }) => layer)).toEqual([
				"encoder/0/self_attention",
				"encoder/1/self_attention",
			]);
			expectGradientsMatch((given) => encoder.apply(given as tf.Tensor) as tf.Tensor, [x], {
				coordinates: 6,
				step: 0.01,
				tolerance: 5e-3,
			});
			expectWeightGradients(encoder, () => encoder.apply(x) as tf.Tensor);
			const single = encoder.apply(tf.slice(x, 0, [1, 1, modelDim])) as tf.Tensor; // one image, one token
			expect([...single.dataSync()].every(Number.isFinite)).toBe(true);
			disposeAttention(records);
		});
	});

	it("pools tokens without weights", () => {
		tf.tidy(() => {
			const x = tf.tensor3d([1, 2, 3, 4, 6, 9], [1, 3, 2]);
			const pooled = (pool: "class" | "mean" | "patches"): tf.Tensor =>
				tokenPooling({ pool }).apply(x) as tf.Tensor;
			expectClose(pooled("class"), [1, 2]);
			expectClose(pooled("mean"), [10 / 3, 5]);
			expectClose(pooled("patches"), [4.5, 6.5]);
		});
	});

	it("trains, saves and loads, with dropout by the seed, and returns the maps of all blocks", async () => {
		const build = (seed: number): ReturnType<typeof model> => {
			const x = input({ shape: [height, width, channels] });
			const embedded = patchEmbedding({ patchSize, modelDim, seed }).apply(x) as SymbolicTensor;
			const seen = vitEncoder({ ...sizes, seed, depth: 2, dropout: 0.2, returnAttention: true }).apply(
				embedded,
			);
			const [encoded, maps] = seen as SymbolicTensor[];
			const row = tokenPooling().apply(encoded as SymbolicTensor) as SymbolicTensor;
			expect((maps as SymbolicTensor).shape).toEqual([null, 2, 2, 7, 7]);
			return model({ inputs: x, outputs: row });
		};
		const [one, two] = [build(3), build(3)];
		const data = image();
		const target = randomTensor([batch, modelDim], 5);
		const train = async (net: typeof one): Promise<number[]> => {
			net.compile({ optimizer: tf.train.adam(0.02), loss: "meanSquaredError" });
			const { history } = await net.fit(data, target, { epochs: 6, verbose: 0, shuffle: false });
			return history.loss as number[];
		};
		const losses = await train(one);
		expect(losses.at(-1)).toBeLessThan(losses[0] as number);
		expectClose(await train(two), losses, { atol: 1e-5 });
		const copy = await saveAndLoad(one);
		expectClose(copy.predict(data) as tf.Tensor, one.predict(data) as tf.Tensor, { atol: 1e-6 });
		expectNoLeak(() => one.predict(data) as tf.Tensor);
	});

	it("says what is wrong", () => {
		tf.tidy(() => {
			const layer = patchEmbedding({ patchSize, modelDim });
			expect(() => layer.apply(tf.zeros([1, 5, 4, 3]))).toThrow(/does not divide into patches of 2/);
			expect(() => patchEmbedding().apply(input({ shape: [null, null, 3] }))).toThrow(/of unknown size/);
			expect(() => patchEmbedding().apply(tf.zeros([2, 3]))).toThrow(/has rank 2; expected rank 4/);
			layer.apply(image());
			expect(() => layer.call(tf.zeros([1, 8, 4, 3]))).toThrow(
				/height 8.*does not match the weights of this layer/,
			);
			expect(() => layer.call(tf.zeros([0, 6, 4, 3]))).toThrow(/batch 0.*is empty/);
			expect(() => vitEncoder({ numHeads: 4 }).apply(tokens())).toThrow(/not divisible by `numHeads` 4/);
			expect(() => vitEncoder().apply(image())).toThrow(/has rank 4; expected rank 3/);
			const mask = tf.ones([batch, 5], "bool");
			expect(() => vitEncoder(sizes).apply([tokens(), mask])).toThrow(/chain vitBlock layers/);
			expect(() => vitBlock({ colour: 1 } as never)).toThrow(/unknown option `colour`/);
			expect(() => tokenPooling({ pool: "max" as never })).toThrow(/`pool` is "max"/);
			expect(() => tokenPooling({ pool: "patches" }).apply(tf.ones([1, 1, 2]))).toThrow(/there is 1 token/);
			expect(() => tokenPooling().apply(image())).toThrow(/rank 4/);
		});
	});
});
