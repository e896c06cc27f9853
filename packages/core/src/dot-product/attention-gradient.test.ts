import { describeOnEveryBackend, expectAllClose, expectGradientsToMatch, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, test } from "vitest";
import { attend, implementationsOn } from "../../test/attend.ts";
import type { AttentionOptions } from "./attention-options.ts";

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

const inputs = (): tf.Tensor[] => [
	randomTensor([batch, heads, queryLength, headDim], 1),
	randomTensor([batch, keyHeads, keyLength, headDim], 2),
	randomTensor([batch, keyHeads, keyLength, valueDim], 3),
];

describeOnEveryBackend("gradients of scaledDotProductAttention", (backend) => {
	describe.each(implementationsOn(backend))("%s", (implementation) => {
		test.each(settings)("%s: finite differences", async (_, options) => {
			await expectGradientsToMatch((...x) => attend({ ...options(), implementation })(...x), inputs, {
				coordinates: 12,
				names: ["query", "key", "value"],
			});
		});

		test.each(biasShapes)("bias %j %j %j %j: finite differences, with sinks", async (...shape) => {
			const sizes = shape.filter((size) => size !== undefined);
			const settings = { causal: true, queryOffset: -1, softcap: 3, implementation };
			await expectGradientsToMatch(
				(bias, sinks) => attend({ ...settings, bias, sinks: sinks as tf.Tensor1D })(...inputs()),
				() => [randomTensor(sizes, 4), randomTensor([heads], 5)],
				{ coordinates: 12, names: ["bias", "sinks"] },
			);
		});

		test("the gradient of one input alone", async () => {
			const f = (key: tf.Tensor): tf.Tensor => {
				const [q, , v] = inputs() as [tf.Tensor, tf.Tensor, tf.Tensor];
				return attend({ implementation })(q, key, v);
			};
			await expectGradientsToMatch(f, () => [randomTensor([batch, keyHeads, keyLength, headDim], 4)]);
		});

		test("a tensor that is query, key and value at once", async () => {
			await expectGradientsToMatch(
				(x) => attend({ causal: true, implementation })(x, x, x),
				() => [randomTensor([1, 2, 5, 3], 8)],
			);
		});

		test("dead rows pass no gradient on", async () => {
			await expectAllClose(() => {
				const gradients = tf.grads(attend({ keyLengths: [0, 4], implementation }))(inputs());
				return gradients.flatMap((gradient) => [
					[tf.slice(gradient, [0], [1]), new Float32Array(gradient.size / batch), { atol: 0 }],
					[tf.cast(tf.isNaN(gradient), "int32"), new Int32Array(gradient.size)],
				]);
			});
		});
	});
});
