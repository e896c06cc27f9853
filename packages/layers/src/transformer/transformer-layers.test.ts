import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { saveAndLoad, toModel } from "../../test/save-and-load.ts";
import { captureAttention, disposeAttention } from "../capture-attention.ts";
import { Parameters } from "../parameters/parameters.ts";
import { TransformerBlock, type TransformerBlockOptions } from "./transformer-block.ts";
import { transformerDecoderLayer } from "./transformer-decoder-layer.ts";
import { transformerEncoderLayer } from "./transformer-encoder-layer.ts";
import type { TransformerLayerArgs } from "./transformer-layer-args.ts";

const args: TransformerLayerArgs = { numHeads: 3, hiddenDim: 7, seed: 0 };
const variants: [string, TransformerLayerArgs][] = [
	["post-norm", args],
	["pre-norm, gelu", { ...args, normFirst: true, activation: "gelu" }],
	[
		"as Llama has it",
		{
			...{ ...args, normFirst: true, norm: "rms", activation: "silu", gated: true, useBias: false },
			...{ keyDim: 4, numKeyValueHeads: 1, positions: { kind: "rotary" }, causal: true },
		},
	],
	["ALiBi, window", { ...args, positions: { kind: "alibi" }, window: { left: 2, right: 1 }, epsilon: 1e-6 }],
	["T5, softcap", { ...args, positions: { kind: "t5", numBuckets: 8, maxDistance: 20 }, softcap: 3 }],
];

const blockOptions: TransformerBlockOptions = {
	...{ modelDim: 6, memoryDim: 10, feedForward: { hiddenDim: 7 } },
	attention: { numHeads: 3, causal: true },
};

describeOnEveryBackend("Transformer layers", () => {
	it.each(variants)("differentiate, save and load: %s", async (_, own) => {
		const encoder = transformerEncoderLayer(own);
		const decoder = transformerDecoderLayer(own);
		const [x, memory] = [randomTensor([2, 5, 6], 1), randomTensor([2, 4, 10], 2)];
		const whole = toModel(encoder, [null, 6]);
		const [a, b] = [input({ shape: [5, 6] }), input({ shape: [4, 10] })];
		const both = model({ inputs: [a, b], outputs: decoder.apply([a, b]) as SymbolicTensor });
		expectGradientsMatch((input) => encoder.apply(input as tf.Tensor) as tf.Tensor, [x], { coordinates: 8 });
		expectGradientsMatch(
			(q, m) => decoder.apply([q as tf.Tensor, m as tf.Tensor]) as tf.Tensor,
			[x, memory],
			{
				coordinates: 8,
			},
		);
		const loaded = await saveAndLoad(whole);
		const loadedBoth = await saveAndLoad(both);
		tf.tidy(() => {
			expectClose(loaded.predict(x) as tf.Tensor, whole.predict(x) as tf.Tensor, { atol: 1e-6 });
			const given = [x, memory];
			expectClose(loadedBoth.predict(given) as tf.Tensor, both.predict(given) as tf.Tensor, { atol: 1e-6 });
		});
		expectNoLeak(() => encoder.apply(x) as tf.Tensor);
		expectNoLeak(() => decoder.apply([x, memory]) as tf.Tensor);
		for (const each of [whole, both, loaded, loadedBoth]) each.dispose();
		tf.dispose([x, memory]);
	});

	it("train inside fit: the loss falls", async () => {
		const layer = transformerEncoderLayer({ ...args, dropout: 0.1 });
		const whole = toModel(layer, [5, 6]);
		whole.compile({ optimizer: tf.train.adam(0.01), loss: "meanSquaredError" });
		const [x, y] = [randomTensor([8, 5, 6], 1), randomTensor([8, 5, 6], 2)];
		tf.env().set("IS_TEST", false); // the host's own step fails its leak check on wasm
		const { history } = await whole.fit(x, y, { epochs: 30, verbose: 0 });
		tf.env().set("IS_TEST", true);
		const losses = history.loss as number[];
		expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] ?? 0));
		expect(layer.dropoutStep).toBe(30);
		whole.dispose();
		tf.dispose([x, y]);
	});

	it("see the mask of an embedding in front, on both sides of a decoder", () => {
		tf.tidy(() => {
			const embedding = layers.embedding({ inputDim: 5, outputDim: 6, maskZero: true });
			const decoder = transformerDecoderLayer({ ...args, causal: false });
			const [a, b] = [0, 1].map((pad) => {
				const ids = tf.tensor2d([3, 2, 0, ...new Array<number>(pad).fill(0)], [1, 3 + pad]);
				const x = embedding.apply(ids) as tf.Tensor;
				return tf.slice(decoder.apply([x, x]) as tf.Tensor, [0, 0, 0], [1, 2, 6]);
			});
			expectClose(a as tf.Tensor, b as tf.Tensor, { atol: 1e-5 });
			const y = decoder.apply([
				embedding.apply(tf.tensor2d([3, 2, 4], [1, 3])),
				tf.ones([1, 2, 6]),
			] as tf.Tensor[]);
			expect((y as tf.Tensor).shape).toEqual([1, 3, 6]);
			decoder.dispose();
			embedding.dispose();
		});
	});

	it("hide what a mask hides, and say where they looked", () => {
		const encoder = transformerEncoderLayer({ ...args, returnAttention: true, name: "enc" });
		const decoder = transformerDecoderLayer({ ...args, returnAttention: true, name: "dec" });
		tf.tidy(() => {
			const x = randomTensor([1, 5, 6], 1);
			const other = tf.concat([tf.slice(x, [0, 0, 0], [1, 3, 6]), randomTensor([1, 2, 6], 7)], 1);
			const mask = tf.tensor2d([1, 1, 1, 0, 0], [1, 5], "bool");
			const first = (y: tf.Tensor): number[] => [...tf.slice(y, [0, 0, 0], [1, 3, 6]).dataSync()];
			const [a, weights] = encoder.apply([x, mask]) as [tf.Tensor, tf.Tensor];
			const [b] = encoder.apply([other, mask]) as [tf.Tensor];
			expect(first(b)).toEqual(first(a));
			expect(weights.shape).toEqual([1, 3, 5, 5]);
			const [c, cross] = decoder.apply([x, x, mask]) as [tf.Tensor, tf.Tensor];
			const [d] = decoder.apply([x, other, mask]) as [tf.Tensor];
			expect([...d.dataSync()]).toEqual([...c.dataSync()]);
			const [e] = decoder.apply([other, x, mask]) as [tf.Tensor]; // causal: later tokens cannot matter
			expect(first(e)).toEqual(first(c));
			expectClose(tf.sum(cross, 3), new Array(15).fill(1), { atol: 1e-6 });
			const { records } = captureAttention(() => [encoder.apply(x), decoder.apply([x, x])]);
			expect(records.map(({ layer }) => layer)).toEqual([
				"enc/self_attention",
				"dec/self_attention",
				"dec/cross_attention",
			]);
			disposeAttention(records);
		});
		encoder.dispose();
		decoder.dispose();
	});

	it.each<[string, TransformerBlockOptions]>([
		["post-norm", blockOptions],
		[
			"pre-norm, rotary",
			{
				...{ ...blockOptions, normFirst: true },
				attention: { ...blockOptions.attention, positions: { kind: "rotary", rotaryDim: 2 } },
			},
		],
	])("decode with a cache what they give at once: %s", (_, options) => {
		const parameters = new Parameters({ seed: 1 });
		const block = new TransformerBlock(parameters, "block", options);
		tf.tidy(() => {
			const [x, memory] = [randomTensor<tf.Rank.R3>([2, 5, 6], 1), randomTensor<tf.Rank.R3>([2, 4, 10], 2)];
			const memoryLengths = [4, 2];
			const { output } = block.run(x, { memory, memoryLengths });
			let state = block.start(2, 6, memory);
			for (let t = 0; t < 5; t++) {
				const step = block.step(tf.slice(x, [0, t, 0], [2, 1, 6]), state, { memoryLengths });
				state = step.state;
				expectClose(step.output, tf.slice(output, [0, t, 0], [2, 1, 6]), { atol: 2e-5 });
			}
			expect(() => block.run(x)).toThrow(/no `memory` came/);
		});
		parameters.dispose();
	});

	it.each([
		[
			() => transformerEncoderLayer({ numHeads: 3, hiddenDim: 0 }),
			/transformerEncoderLayer: `hiddenDim` is 0/,
		],
		[() => transformerEncoderLayer({ ...args, dropout: 1 }), /`dropout` is 1/],
		[() => transformerEncoderLayer({ ...args, heads: 3 } as never), /unknown option `heads`/],
		[() => transformerEncoderLayer(args).apply(tf.zeros([1, 2, 7])), /7 is not divisible by `numHeads` 3/],
		[() => transformerEncoderLayer(args).apply(tf.zeros([1, 6])), /x \[1, 6\] has rank 2/],
		[
			() => transformerEncoderLayer(args).apply([tf.zeros([1, 2, 6]), tf.ones([1, 3], "bool")]),
			/mask \[batch 1, keyLength 3\] does not fit/,
		],
		[
			() => transformerEncoderLayer(args).apply([tf.zeros([1, 2, 6]), tf.ones([1, 2])]),
			/2 inputs came that are no mask; expected x, or \[x, mask\]/,
		],
		[() => transformerDecoderLayer(args).apply(tf.zeros([1, 2, 6])), /no memory came/],
		[
			() => transformerDecoderLayer(args).apply([tf.zeros([1, 2, 6]), tf.zeros([2, 2, 6])]),
			/memory \[batch 2, memoryLength 2, features 6\]/,
		],
		[
			() =>
				transformerDecoderLayer(args).apply([tf.zeros([1, 2, 6]), tf.zeros([1, 2, 6]), tf.zeros([1, 2, 6])]),
			/of type bool/,
		],
	])("say what is wrong: case %#", (make, message) => {
		tf.tidy(() => {
			expect(make).toThrow(message);
		});
	});
});
