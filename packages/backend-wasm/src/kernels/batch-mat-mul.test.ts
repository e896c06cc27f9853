import { expectClose, expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../index.ts";

const sides = [false, true];
const layouts = sides.flatMap((transposeA) => sides.map((transposeB) => ({ transposeA, transposeB })));
const product = (
	batchA: number[],
	batchB: number[],
	[m, k, n]: readonly [number, number, number],
	transposeA: boolean,
	transposeB: boolean,
): tf.Tensor =>
	tf.matMul(
		randomTensor([...batchA, ...(transposeA ? [k, m] : [m, k])], 1),
		randomTensor([...batchB, ...(transposeB ? [n, k] : [k, n])], 2),
		transposeA,
		transposeB,
	);

describe("BatchMatMul on wasm", () => {
	useBackend("wasm");

	describe.each(layouts)("transposeA $transposeA, transposeB $transposeB", ({ transposeA, transposeB }) => {
		it.each([
			["one matrix", [], [], [37, 53, 29]],
			["a tall one", [], [], [211, 17, 5]],
			["a wide one", [], [], [3, 61, 127]],
			["a tiny one", [], [], [2, 3, 5]],
			["a batch of large items", [3], [3], [31, 29, 23]],
			["a batch of small items", [7], [7], [2, 5, 3]],
			["a rank 4 batch", [2, 3], [2, 3], [19, 23, 17]],
			["a broadcast left operand", [1], [5], [31, 29, 23]],
			["a broadcast right operand", [5], [1], [31, 29, 23]],
		] as const)("%s", async (_, batchA, batchB, sizes) => {
			await expectSameAsCpu("wasm", () => product([...batchA], [...batchB], sizes, transposeA, transposeB), {
				atol: 1e-4,
			});
		});
	});

	it("any small shape (property)", async () => {
		const size = fc.integer({ min: 1, max: 40 });
		await fc.assert(
			fc.asyncProperty(
				fc.integer({ min: 1, max: 4 }),
				size,
				size,
				size,
				fc.boolean(),
				fc.boolean(),
				async (items, m, k, n, ta, tb) => {
					await expectSameAsCpu("wasm", () => product([items], [items], [m, k, n], ta, tb), { atol: 1e-4 });
				},
			),
			{ seed: 1, numRuns: 30 },
		);
	});

	it("sees a variable's new values", async () => {
		await tf.setBackend("wasm");
		const weights = tf.variable(tf.ones<tf.Rank.R2>([64, 64]));
		const x = tf.ones<tf.Rank.R2>([64, 64]);
		for (const transposeB of sides) {
			weights.assign(tf.ones([64, 64]));
			expectClose(tf.matMul(x, weights, false, transposeB), new Float32Array(4096).fill(64));
			weights.assign(tf.fill([64, 64], 2));
			expectClose(tf.matMul(x, weights, false, transposeB), new Float32Array(4096).fill(128));
		}
	});

	it("an empty product has the shape of a product", async () => {
		await tf.setBackend("wasm");
		expect(tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 2])).shape).toEqual([0, 2]);
	});

	it("leaves the host its complaint about sizes", () => {
		expect(() => tf.matMul(tf.zeros([5, 3]), tf.zeros([4, 2]))).toThrow(/inner shapes \(3\) and \(4\)/);
	});
});

describe("_FusedMatMul on wasm", () => {
	useBackend("wasm");

	it.each(layouts)(
		"with bias and relu, transposeA $transposeA, transposeB $transposeB",
		async ({ transposeA, transposeB }) => {
			await expectSameAsCpu(
				"wasm",
				() => {
					const a = randomTensor<tf.Rank.R3>(
						[3, ...(transposeA ? [101, 7] : [7, 101])] as [number, number, number],
						1,
					);
					const b = randomTensor<tf.Rank.R3>(
						[3, ...(transposeB ? [5, 101] : [101, 5])] as [number, number, number],
						2,
					);
					return tf.fused.matMul({
						a,
						b,
						transposeA,
						transposeB,
						bias: randomTensor([5], 3),
						activation: "relu",
					});
				},
				{ atol: 1e-4 },
			);
		},
	);
});
