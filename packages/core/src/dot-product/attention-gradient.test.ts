import { describeOnEveryBackend, expectClose, expectGradientsMatch, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import type { AttentionOptions } from "./attention-options.ts";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

// B 2, H 4 in two groups, Tq 5, Tk 7, D 3, Dv 2: pairwise different where they can be.
const [batch, heads, keyHeads, queryLength, keyLength, headDim, valueDim] = [2, 4, 2, 5, 7, 3, 2];

const boolMask = (): tf.Tensor =>
	tf.greater(randomTensor([1, heads, queryLength, keyLength], 9), -0.4) as tf.Tensor;

/** Every option that changes gradients; masks leave some rows dead. */
const settings: [string, () => AttentionOptions][] = [
	["plain", () => ({})],
	["causal with an offset that leaves dead rows", () => ({ causal: true, queryOffset: -2 })],
	["an offset per batch item", () => ({ causal: true, queryOffset: [-1, 2] })],
	["window", () => ({ window: { left: 1, right: 2 } })],
	["key lengths with an empty item", () => ({ keyLengths: [0, 4] })],
	["bool mask and softcap", () => ({ mask: boolMask(), softcap: 1.5 })],
	["scale and dropout", () => ({ scale: 0.7, dropout: { rate: 0.4, seed: 0 } })],
	[
		"all at once",
		() => ({
			mask: boolMask(),
			softcap: 2,
			causal: true,
			queryOffset: [3, 1],
			dropout: { rate: 0.2, seed: 7 },
		}),
	],
];

const biasShapes = [
	[batch, heads, queryLength, keyLength],
	[1, heads, queryLength, keyLength],
	[batch, 1, 1, keyLength],
	[1, 1, queryLength, 1],
	[queryLength, keyLength],
];

describeOnEveryBackend("gradients of scaledDotProductAttention", () => {
	const inputs = (): tf.Tensor[] => [
		randomTensor([batch, heads, queryLength, headDim], 1),
		randomTensor([batch, keyHeads, keyLength, headDim], 2),
		randomTensor([batch, keyHeads, keyLength, valueDim], 3),
	];
	const attend = (options: AttentionOptions) => {
		return (...[q, k, v]: tf.Tensor[]): tf.Tensor =>
			scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, {
				...options,
				returnWeights: false,
			});
	};

	test.each(settings)("%s: finite differences", (_, options) => {
		tf.tidy(() => {
			for (const implementation of ["blocked", "dense"] as const) {
				expectGradientsMatch(attend({ ...options(), implementation }), inputs(), {
					coordinates: 12,
					names: ["query", "key", "value"],
				});
			}
		});
	});

	test.each(biasShapes)("bias %j %j %j %j: finite differences, with sinks", (...shape) => {
		const sizes = shape.filter((size) => size !== undefined);
		tf.tidy(() => {
			const [q, k, v] = inputs() as [tf.Tensor, tf.Tensor, tf.Tensor];
			for (const implementation of ["blocked", "dense"] as const) {
				const f = (bias: tf.Tensor, sinks: tf.Tensor): tf.Tensor =>
					attend({
						bias,
						sinks: sinks as tf.Tensor1D,
						causal: true,
						queryOffset: -1,
						softcap: 3,
						implementation,
					})(q, k, v);
				expectGradientsMatch(f, [randomTensor(sizes, 4), randomTensor([heads], 5)], {
					coordinates: 12,
					names: ["bias", "sinks"],
				});
			}
		});
	});

	test("the gradient of one input alone", () => {
		tf.tidy(() => {
			const [q, k, v] = inputs() as [tf.Tensor, tf.Tensor, tf.Tensor];
			expectGradientsMatch((x) => attend({})(q, x, v), [k]);
		});
	});

	test("a tensor that is query, key and value at once", () => {
		tf.tidy(() => {
			expectGradientsMatch((x) => attend({ causal: true })(x, x, x), [randomTensor([1, 2, 5, 3], 8)]);
		});
	});

	test("dead rows pass no gradient on", () => {
		tf.tidy(() => {
			const gradients = tf.grads((...xs: tf.Tensor[]) => attend({ keyLengths: [0, 4] })(...xs))(inputs());
			for (const gradient of gradients) {
				expectClose(tf.slice(gradient, [0], [1]), new Float32Array(gradient.size / batch), { atol: 0 });
				expect(tf.any(tf.isNaN(gradient)).dataSync()[0]).toBe(0);
			}
		});
	});
});
