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
import { SeededLayer } from "./seeded-layer.ts";
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

	it.each<(typeof cases)[number]>([
		...cases,
		["feedForward", () => feedForward({ hiddenDim: 3 }), 1, 1],
		["rmsNormalization", () => rmsNormalization(), 1, 1],
	])(
		"%s: a first call that is refused makes no weights, and one of other sizes works after it",
		(name, make, inputs) => {
			const layer = make();
			const given = Array.from({ length: inputs }, () => tf.ones([batch, length, features]));
			const wrong = [
				tf.ones([batch, length, features], "int32"),
				tf.ones([batch, 0, features]),
				tf.ones([0, length, features]),
				tf.ones([features]),
			];
			const before = tf.memory().numTensors;
			for (const [kind, one] of wrong.entries()) {
				for (let at = 0; at < inputs; at++) {
					const call = (): unknown => layer.apply(given.map((x, i) => (i === at ? one : x)));
					expect(call, `${name}, kind ${kind}, input ${at}`).toThrow(HeedError);
					expect(tf.memory().numTensors).toBe(before);
					expect([layer.weights.length, layer.built]).toEqual([0, false]);
				}
			}
			const others = given.map(() => tf.ones([batch + 1, length, features + 2]));
			tf.dispose(layer.apply(others) as tf.Tensor);
			tf.dispose([given, wrong, others]);
			layer.dispose();
			expect(tf.memory().numTensors).toBe(before - given.length - wrong.length);
		},
	);

	it.each([
		["encoder", (): SeededLayer => transformerEncoderLayer({ numHeads: 2, hiddenDim: 3 }), 1],
		["decoder", (): SeededLayer => transformerDecoderLayer({ numHeads: 2, hiddenDim: 3 }), 2],
	])("a Transformer %s layer forgets the sizes of what it could not be built for", (_, make, inputs) => {
		const layer = make();
		const ofSize = (size: number): tf.Tensor[] =>
			Array.from({ length: inputs }, () => tf.ones([batch, length, size]));
		tf.tidy(() => {
			expect(() => layer.apply(ofSize(5))).toThrow(/numHeads|divi/); // two heads of 5 features
			expect((layer.apply(ofSize(6)) as tf.Tensor).shape).toEqual([batch, length, 6]);
		});
		layer.dispose();
	});

	it("a layer that finds out only after its weights were made gives them back", () => {
		class Late extends SeededLayer {
			static readonly className = "HeedLate";
			override build(shape: number[]): void {
				this.addSeededWeight("kernel", [shape[1] as number]);
				super.build(shape);
			}
			override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
				const [x] = [inputs].flat() as [tf.Tensor];
				if (x.dtype !== "float32") throw new HeedError("DTYPE", this.where, "x is no float32.");
				return tf.mul(x, this.weights[0]?.read() as tf.Tensor);
			}
		}
		const layer = new Late({ weights: [tf.ones([3])] }, []);
		tf.tidy(() => {
			const bad = tf.ones([2, 3], "int32");
			expectNoLeak(() => layer.apply(bad) as tf.Tensor, { throws: true });
			expect(layer.weights).toEqual([]);
			expect((layer.apply(tf.fill([2, 3], 5)) as tf.Tensor).arraySync()).toEqual([
				[5, 5, 5],
				[5, 5, 5],
			]);
		});
		layer.dispose();
	});

	it("rotary positions of an odd size, at construction", () => {
		const rotary = { kind: "rotary" } as const;
		const make = (keyDim: number, rotaryDim?: number) => (): unknown =>
			multiHeadAttention({ numHeads: 2, keyDim, positions: { ...rotary, rotaryDim } });
		expect(make(3)).toThrow(/multiHeadAttention: `keyDim` 3 is odd/);
		expect(make(4, 3)).toThrow(/`positions.rotaryDim` 3 is odd/);
		expect(make(3, 2)).not.toThrow();
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
