import { expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import "../index.ts";

const sides = [false, true];
const layouts = sides.flatMap((transposeA) => sides.map((transposeB) => ({ transposeA, transposeB })));
const activations = ["linear", "relu", "relu6", "prelu", "leakyrelu", "sigmoid", "elu"] as const;
const [m, k, n] = [7, 101, 5]; // the host adds the bias once for every 48 of k

interface Case {
	readonly items: number;
	readonly activation: (typeof activations)[number];
	readonly slope?: number[];
	readonly transposeA?: boolean;
	readonly transposeB?: boolean;
}

async function expectFused({ items, slope = [n], ...options }: Case): Promise<void> {
	const { activation, transposeA = false, transposeB = false } = options;
	await expectSameAsCpu(
		"wasm",
		() =>
			tf.fused.matMul({
				a: randomTensor<tf.Rank.R3>(transposeA ? [items, k, m] : [items, m, k], 1),
				b: randomTensor<tf.Rank.R3>(transposeB ? [items, n, k] : [items, k, n], 2),
				transposeA,
				transposeB,
				bias: randomTensor([n], 3),
				activation,
				...(activation === "prelu" && { preluActivationWeights: randomTensor(slope, 4) }),
				...(activation === "leakyrelu" && { leakyreluAlpha: 0.3 }),
			}),
		{ atol: 1e-4 },
	);
}

describe("_FusedMatMul on wasm", () => {
	useBackend("wasm");

	describe.each(activations)("with a bias and %s", (activation) => {
		it.each(layouts)("transposeA $transposeA, transposeB $transposeB", async (layout) => {
			await expectFused({ items: 3, activation, ...layout });
			await expectFused({ items: 1, activation, ...layout });
		});
	});

	it.each([[[]], [[n]], [[1, n]], [[m, n]], [[m, 1]], [[3, 1, 1]], [[3, m, n]]])(
		"with prelu slopes of the shape %j",
		async (slope) => expectFused({ items: 3, activation: "prelu", slope, transposeB: true }),
	);

	it.each([[[4]], [[2, 2, 3]], [[3, 3, 2, 2]]])(
		"refuses the prelu slopes %j of another shape",
		async (slope) => {
			await tf.setBackend("wasm");
			const before = tf.memory().numDataBuffers;
			const refused = (): tf.Tensor =>
				tf.tidy(() => {
					const [a, b] = [tf.ones<tf.Rank.R3>([3, 2, 5]), tf.ones<tf.Rank.R3>([3, 5, 2])];
					return tf.fused.matMul({ a, b, activation: "prelu", preluActivationWeights: tf.ones(slope) });
				});
			expect(refused).toThrow(/broadcast/);
			expect(tf.memory().numDataBuffers).toBe(before);
		},
	);

	it("names the shapes where slopes would make the product larger", () => {
		const [a, b] = [tf.ones<tf.Rank.R2>([2, 3]), tf.ones<tf.Rank.R2>([3, 2])];
		const preluActivationWeights = tf.ones([3, 2, 2]);
		expect(() => tf.fused.matMul({ a, b, activation: "prelu", preluActivationWeights })).toThrow(
			"the prelu slopes [3,2,2] do not broadcast to the product [1,2,2]",
		);
	});
});
