import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { additiveAttention } from "./attention/additive-attention.ts";
import { dotAttention } from "./attention/dot-attention.ts";
import { feedForward } from "./feed-forward/feed-forward.ts";
import { multiHeadAttention } from "./multi-head/multi-head-attention.ts";
import { rmsNormalization } from "./normalization/rms-normalization.ts";
import { positionEmbedding } from "./position/position-embedding.ts";
import { transformerDecoderLayer } from "./transformer/transformer-decoder-layer.ts";
import { transformerEncoderLayer } from "./transformer/transformer-encoder-layer.ts";

const [batch, length, features] = [2, 3, 4];
const transformer = { numHeads: 2, hiddenDim: 5 };

/** Every layer, with how many sequences it takes. */
const cases: [name: string, make: () => layers.Layer, inputs: number][] = [
	["multiHeadAttention", () => multiHeadAttention({ numHeads: 2 }), 3],
	["multiHeadAttention of x", () => multiHeadAttention({ numHeads: 2 }), 1],
	["additiveAttention", () => additiveAttention(), 3],
	["dotAttention", () => dotAttention(), 2],
	["transformerEncoderLayer", () => transformerEncoderLayer(transformer), 1],
	["transformerDecoderLayer", () => transformerDecoderLayer(transformer), 2],
	["positionEmbedding", () => positionEmbedding(), 1],
];

describeOnEveryBackend("what a layer refuses when it is called", () => {
	it.each(cases)("%s", (name, make, inputs) => {
		const layer = make();
		const sound = Array.from({ length: inputs }, () => tf.ones([batch, length, features]));
		tf.dispose(layer.apply(sound) as tf.Tensor);
		const wrong: [tf.Tensor, RegExp, string][] = [
			[tf.ones([batch, length, features], "int32"), / is int32; expected float32/, "DTYPE"],
			[tf.ones([batch, 0, features]), / 0, .*is empty|expected .*Length 3/, "SHAPE"],
			[tf.ones([0, length, features]), /\[batch 0, .*is empty|expected batch 2/, "SHAPE"],
			[tf.ones([batch, features]), /rank 2; expected rank 3/, "SHAPE"],
		];
		for (let at = 0; at < inputs; at++) {
			for (const [one, message, code] of wrong) {
				const given = sound.map((x, i) => (i === at ? one : x));
				const call = (): tf.TensorContainer => layer.apply(given) as tf.Tensor;
				expect(call, `${name}, input ${at}`).toThrow(message);
				expect(call).toThrow(HeedError);
				expect(call).toThrow(expect.objectContaining({ code, where: name.split(" ")[0] }));
				expectNoLeak(call, { throws: true });
			}
		}
		tf.dispose([sound, wrong.map(([x]) => x)]);
		layer.dispose();
	});

	it.each<[string, () => layers.Layer]>([
		["feedForward", () => feedForward({ hiddenDim: 3 })],
		["rmsNormalization", () => rmsNormalization()],
	])("%s: another dtype", (_, make) => {
		tf.tidy(() => {
			expect(() => make().apply(tf.ones([batch, features], "int32"))).toThrow(/x is int32; expected float32/);
		});
	});
});
