import { describeOnEveryBackend, expectAllClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { attend, implementationsOn } from "../../test/attend.ts";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

const exactly = { atol: 0 };

const threeOf = (...shape: [number, number, number, number]): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] =>
	[1, 2, 3].map((seed) => randomTensor<tf.Rank.R4>(shape, seed)) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];

describeOnEveryBackend("scaledDotProductAttention where numbers end", (backend) => {
	describe.each(implementationsOn(backend))("%s", (implementation) => {
		test("what is hidden cannot influence the result: bit-identical when perturbed by 1e30, gradients exactly 0", async () => {
			await expectAllClose(() => {
				const [q, k, v] = threeOf(2, 2, 7, 3);
				const hidden = tf.tensor1d([0, 0, 0, 1, 0, 0, 1]); // keys 3 and 6
				const mask = tf.reshape(tf.logicalNot(tf.cast(hidden, "bool")), [1, 1, 1, 7]);
				const poison = tf.mul(tf.reshape(hidden, [1, 1, 7, 1]), 1e30);
				const masked = attend({ mask, implementation });
				const gradients = tf.grads((key, value) => masked(q, key as tf.Tensor, value as tf.Tensor))([k, v]);
				return [
					[masked(q, tf.add(k, poison), tf.add(v, poison)), masked(q, k, v), exactly],
					...gradients.map(
						(gradient) => [tf.gather(gradient, [3, 6], 2), new Float32Array(2 * 2 * 2 * 3), exactly] as const,
					),
				];
			});
		});

		test("padding beyond keyLengths may hold anything, NaN too", async () => {
			await expectAllClose(() => {
				const [q, k, v] = threeOf(2, 1, 5, 3);
				const padding = tf.tensor4d([0, 0, 0, Number.NaN, Number.POSITIVE_INFINITY], [1, 1, 5, 1]);
				const real = tf.tensor4d([1, 1, 1, 0, 0], [1, 1, 5, 1]);
				const spoilt = (x: tf.Tensor4D): tf.Tensor4D => tf.where(tf.greater(real, 0), x, padding);
				const padded = attend({ keyLengths: [3, 2], implementation });
				const dirty = tf.grads(padded)([q, spoilt(k), spoilt(v)]);
				return [
					[padded(q, spoilt(k), spoilt(v)), padded(q, k, v), exactly],
					...tf
						.grads(padded)([q, k, v])
						.map((clean, i) => [dirty[i] as tf.Tensor, clean, exactly] as const),
				];
			});
		});

		test("a NaN that is attended to shows, and does not look like a mask", async () => {
			await expectAllClose(() => {
				const [q, k, v] = threeOf(1, 1, 3, 2);
				const spoil = (x: tf.Tensor4D, row: number): tf.Tensor4D =>
					tf.where(tf.equal(tf.reshape(tf.range(0, 3), [1, 1, 3, 1]), row), Number.NaN, x);
				const nanRows = (output: tf.Tensor4D): tf.Tensor => tf.cast(tf.any(tf.isNaN(output), 3), "int32");
				const causal = attend({ causal: true, implementation });
				const bias = tf.tensor2d([0, 0, 0, Number.NaN, 0, 0, 0, 0, 0], [3, 3]);
				return [
					[nanRows(causal(spoil(q, 1), k, v)), [0, 1, 0]],
					[nanRows(causal(q, spoil(k, 1), v)), [0, 1, 1]],
					[nanRows(attend({ bias, implementation })(q, k, v)), [0, 1, 0]],
				];
			});
		});

		test("a bias above -1e30 is a number, one at or below it hides", async () => {
			await expectAllClose(() => {
				const x = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
				return [
					[-1e9, 1],
					[-6e29, 1],
					[-1e30, 0],
					[-3.4e38, 0],
					[-Infinity, 0],
				].map(([bias = 0, weight = 0]) => [
					attend({ bias: tf.tensor2d([[bias]]), implementation })(x, x, x),
					[weight],
					{ label: `${bias}` },
				]);
			});
		});

		test("leaves nothing behind, forward and backward", () => {
			const inputs = threeOf(2, 2, 5, 3);
			const options = { causal: true, keyLengths: [2, 5], dropout: { rate: 0.5, seed: 3 }, implementation };
			expectNoLeak(() => attend(options)(...inputs));
			expectNoLeak(() => tf.grads(attend(options))(inputs));
			tf.dispose(inputs);
		});
	});

	test("leaves nothing behind with weights", () => {
		const inputs = threeOf(2, 2, 5, 3);
		expectNoLeak(() => ({
			...scaledDotProductAttention(...inputs, { returnWeights: true, layout: "bhsd" }),
		}));
		tf.dispose(inputs);
	});

	test.each([
		["no batch", 0, 3, 2],
		["no queries", 2, 0, 3],
		["no keys", 2, 3, 0],
		["one of each", 2, 1, 1],
	] as const)("no size is too small: %s", async (_, batch, queries, keys) => {
		for (const implementation of ["auto", "blocked", "dense"] as const) {
			await expectAllClose(() => {
				const ones = (length: number): tf.Tensor4D => tf.ones([batch, 1, length, 4]);
				const [q, k, v] = [ones(queries), ones(keys), ones(keys)];
				const output = attend({ implementation })(q, k, v);
				expect(output.shape).toEqual([batch, 1, queries, 4]);
				const gradients = tf.grads(attend({ implementation }))([q, k, v]);
				expect(gradients.map(({ shape }) => shape)).toEqual([q, k, v].map(({ shape }) => shape));
				const sinks = tf.tensor1d([0.5]);
				const { weights, logSumExp } = scaledDotProductAttention(q, k, v, { sinks, returnWeights: true });
				expect(weights.shape).toEqual([batch, 1, queries, keys]);
				expect(logSumExp.shape).toEqual([batch, 1, queries]);
				return [
					[output, new Float32Array(output.size).fill(keys === 0 ? 0 : 1)],
					...(keys === 0 ? [[logSumExp, new Float32Array(batch * queries).fill(0.5)] as const] : []),
				];
			});
		}
	});
});
