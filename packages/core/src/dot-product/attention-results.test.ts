import { describeOnEveryBackend, expectClose, expectGradientsMatch, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { entmax } from "../normalize/entmax.ts";
import { sparsemax } from "../normalize/sparsemax.ts";
import type { AttentionOptions } from "./attention-options.ts";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

// B 2, H 6 in two groups, Tq 5, Tk 7, D 3, Dv 4
const [batch, heads, keyHeads, queryLength, keyLength, headDim, valueDim] = [2, 6, 2, 5, 7, 3, 4];
const swap = (x: tf.Tensor4D): tf.Tensor4D => tf.transpose(x, [0, 2, 1, 3]);

describeOnEveryBackend("results of scaledDotProductAttention", () => {
	const inputs = (): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] => [
		randomTensor<tf.Rank.R4>([batch, heads, queryLength, headDim], 1),
		randomTensor<tf.Rank.R4>([batch, keyHeads, keyLength, headDim], 2),
		randomTensor<tf.Rank.R4>([batch, keyHeads, keyLength, valueDim], 3),
	];
	const everything = (): AttentionOptions => ({
		mask: tf.greater(randomTensor([batch, 1, queryLength, keyLength], 4), -0.8),
		bias: randomTensor([queryLength, keyLength], 5),
		keyLengths: [5, 7],
		causal: true,
		queryOffset: [2, 4],
		sinks: randomTensor<tf.Rank.R1>([heads], 6),
		softcap: 3,
		dropout: { rate: 0.3, seed: 11 },
	});

	test("layout 'bshd' gives the same output, weights and gradients, with every option", () => {
		tf.tidy(() => {
			const [q, k, v] = inputs();
			const options = everything();
			const plain = scaledDotProductAttention(q, k, v, { ...options, returnWeights: true });
			const swapped = { ...options, layout: "bshd" } as const;
			const other = scaledDotProductAttention(swap(q), swap(k), swap(v), { ...swapped, returnWeights: true });
			expectClose(swap(other.output), plain.output, { atol: 1e-6 });
			expectClose(other.weights, plain.weights, { atol: 1e-6 });
			for (const implementation of ["blocked", "dense"] as const) {
				const grads = (f: (...xs: tf.Tensor4D[]) => tf.Tensor): tf.Tensor[] =>
					tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.square(f(...(xs as tf.Tensor4D[])))))([q, k, v]);
				const [a, b] = [
					grads((...[x, y, z]) =>
						scaledDotProductAttention(x as tf.Tensor4D, y as tf.Tensor4D, z as tf.Tensor4D, {
							...options,
							implementation,
						}),
					),
					grads((...[x, y, z]) =>
						scaledDotProductAttention(
							swap(x as tf.Tensor4D),
							swap(y as tf.Tensor4D),
							swap(z as tf.Tensor4D),
							{ ...swapped, implementation },
						),
					),
				];
				a.forEach((gradient, i) => {
					expectClose(b[i] as tf.Tensor, gradient, { atol: 1e-5 });
				});
			}
		});
	});

	test.each(["weights", "logSumExp"] as const)("gradients flow through the returned %s", (name) => {
		tf.tidy(() => {
			const [q, k, v] = inputs();
			const look = (...[x, y]: tf.Tensor[]): tf.Tensor =>
				scaledDotProductAttention(x as tf.Tensor4D, y as tf.Tensor4D, v, { softcap: 2, returnWeights: true })[
					name
				];
			expectGradientsMatch(look, [q, k], { coordinates: 10 });
		});
	});

	test.each(["sparsemax", "entmax15", "sigmoid"] as const)(
		"normaliser %s: weights, mask and gradients",
		(normalizer) => {
			tf.tidy(() => {
				const [q, k, v] = inputs();
				const mask = tf.greater(tf.range(0, keyLength), 1.5);
				const options = { normalizer, mask: tf.reshape(mask, [1, 1, 1, keyLength]) };
				const { weights } = scaledDotProductAttention(q, k, v, { ...options, returnWeights: true });
				expectClose(
					tf.slice(weights, [0, 0, 0, 0], [-1, -1, -1, 2]),
					new Float32Array(batch * heads * queryLength * 2),
					{
						atol: 0,
					},
				);
				if (normalizer === "sigmoid") {
					const group = heads / keyHeads;
					const key = tf.concat(
						Array.from({ length: heads }, (_, h) =>
							tf.slice4d(k, [0, Math.floor(h / group), 0, 0], [-1, 1, -1, -1]),
						),
						1,
					);
					const scores = tf.div(tf.matMul(q, key, false, true), Math.sqrt(headDim));
					expectClose(weights, tf.mul(tf.sigmoid(scores), tf.cast(mask, "float32")), { atol: 1e-6 });
				} else {
					expectClose(tf.sum(weights, 3), new Float32Array(batch * heads * queryLength).fill(1));
				}
				const attend = (...[x, y, z]: tf.Tensor[]): tf.Tensor =>
					scaledDotProductAttention(x as tf.Tensor4D, y as tf.Tensor4D, z as tf.Tensor4D, options);
				expectGradientsMatch(attend, [q, k, v], { coordinates: 8, step: 2e-3, tolerance: 1e-2 });
			});
		},
	);

	test("the exported normalisers can be passed as they are", () => {
		tf.tidy(() => {
			const [q, k, v] = inputs();
			const named = scaledDotProductAttention(q, k, v, { normalizer: "sparsemax", keyLengths: [3, 7] });
			const passed = scaledDotProductAttention(q, k, v, { normalizer: sparsemax, keyLengths: [3, 7] });
			expectClose(passed, named, { atol: 0 });
			const own = scaledDotProductAttention(q, k, v, {
				normalizer: (scores, { mask }) => entmax(scores, { alpha: 1.3, mask }),
			});
			expect(own.shape).toEqual([batch, heads, queryLength, valueDim]);
		});
	});
});
