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

/** Every layer, with how many sequences it takes, and of how many of them, the first, the features are settled once it is built. */
const cases: [name: string, make: () => layers.Layer, inputs: number, sized: number][] = [
	["multiHeadAttention", () => multiHeadAttention({ numHeads: 2 }), 3, 3],
	["multiHeadAttention of x", () => multiHeadAttention({ numHeads: 2 }), 1, 1],
	["additiveAttention", () => additiveAttention(), 3, 2],
	["additiveAttention with units", () => additiveAttention({ units: 3 }), 2, 2],
	["additiveAttention without weights", () => additiveAttention({ useScale: false }), 2, 2],
	["dotAttention", () => dotAttention(), 2, 2],
	["transformerEncoderLayer", () => transformerEncoderLayer(transformer), 1, 1],
	["transformerDecoderLayer", () => transformerDecoderLayer(transformer), 2, 2],
	["positionEmbedding", () => positionEmbedding(), 1, 0],
	["positionEmbedding, learned", () => positionEmbedding({ kind: "learned", maxLength: 3 }), 1, 1],
];

describeOnEveryBackend("what a layer refuses when it is called", () => {
	it.each(cases)("%s", (name, make, inputs, sized) => {
		const layer = make();
		const sound = Array.from({ length: inputs }, () => tf.ones([batch, length, features]));
		tf.dispose(layer.apply(sound) as tf.Tensor);
		const wrong: [tf.Tensor, RegExp, string][] = [
			[tf.ones([batch, length, features], "int32"), / is int32; expected float32/, "DTYPE"],
			[tf.ones([batch, 0, features]), / 0, .*is empty|expected .*Length 3/, "SHAPE"],
			[tf.ones([0, length, features]), /\[batch 0, .*is empty|expected batch 2/, "SHAPE"],
			[tf.ones([batch, features]), /rank 2; expected rank 3/, "SHAPE"],
		];
		const other: (typeof wrong)[number] = [
			tf.ones([batch, length, features + 2]),
			/ features 6\] does not match .*expected features [46]\.|key \[.*features 4\] does not match query .*features 6/,
			"SHAPE",
		];
		for (let at = 0; at < inputs; at++) {
			for (const [one, message, code] of at < sized ? [...wrong, other] : wrong) {
				const given = sound.map((x, i) => (i === at ? one : x));
				const call = (): tf.TensorContainer => layer.apply(given) as tf.Tensor;
				expect(call, `${name}, input ${at}`).toThrow(message);
				expect(call).toThrow(HeedError);
				expect(call).toThrow(expect.objectContaining({ code, where: name.split(/\W/)[0] }));
				expectNoLeak(call, { throws: true });
			}
		}
		tf.dispose([sound, wrong.map(([x]) => x), other[0]]);
		layer.dispose();
	});

	it.each<[string, () => layers.Layer]>([
		["feedForward", () => feedForward({ hiddenDim: 3 })],
		["rmsNormalization", () => rmsNormalization()],
	])("%s, of any rank", (name, make) => {
		tf.tidy(() => {
			const layer = make();
			layer.apply(tf.ones([batch, features]));
			const wrong: [number[], "float32" | "int32", RegExp][] = [
				[[batch, features], "int32", /x is int32; expected float32/],
				[[0, features], "float32", /x \[batch 0, features 4\] is empty; expected at least batch 1/],
				[[batch, 0, features], "float32", /x \[batch 2, length 0, features 4\] is empty/],
				[[batch, length, 6], "float32", /features 6\] does not match the weights: expected features 4/],
				[[features], "float32", /x \[4\] has rank 1; expected \[batch, …, features\]/],
			];
			for (const [shape, dtype, message] of wrong) {
				const x = tf.ones(shape, dtype);
				const call = (): tf.TensorContainer => layer.apply(x) as tf.Tensor;
				expect(call).toThrow(message);
				expect(call).toThrow(expect.objectContaining({ name: "HeedError", where: name }));
				expectNoLeak(call, { throws: true });
			}
		});
	});

	it.each<[string, () => layers.Layer]>([
		["feedForward", () => feedForward({ hiddenDim: 3 })],
		["rmsNormalization", () => rmsNormalization()],
		["positionEmbedding", () => positionEmbedding()],
		["transformerEncoderLayer", () => transformerEncoderLayer(transformer)],
	])("%s: a second input, at the first call and later", (name, make) => {
		tf.tidy(() => {
			const x = tf.ones([batch, length, features]);
			const layer = make();
			for (const _ of ["first", "later"]) {
				expect(() => layer.apply([x, x])).toThrow(`${name}: 2 inputs came`);
				layer.apply(x);
			}
			expect(() => layer.apply([x, x])).toThrow(HeedError);
		});
	});

	it("multiHeadAttention: a fourth input, later too", () => {
		tf.tidy(() => {
			const x = tf.ones([batch, length, features]);
			const layer = multiHeadAttention({ numHeads: 2 });
			layer.apply([x, x, x]);
			expect(() => layer.apply([x, x, x, x])).toThrow("multiHeadAttention: 4 inputs came");
		});
	});
});
