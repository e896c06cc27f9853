import { expectClose, expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "vitest";
import "../index.ts";

const poolGradient = (
	x: tf.Tensor4D,
	size: number,
	strides: number,
	pad: "same" | "valid" | number,
): tf.Tensor =>
	tf.grad((input) => tf.sum(tf.square(tf.maxPool(input as tf.Tensor4D, size, strides, pad))))(x);

describe("MaxPoolGrad on wasm", () => {
	useBackend("wasm");

	it.each([
		[2, 2, "valid"],
		[3, 2, "same"],
		[3, 1, 1],
	] as const)(
		"size %s, strides %s, pad %s, also where all numbers are negative",
		async (size, strides, pad) => {
			const x = (): tf.Tensor4D => tf.sub(randomTensor<tf.Rank.R4>([2, 7, 5, 3], 1), 2);
			await expectSameAsCpu("wasm", () => poolGradient(x(), size, strides, pad));
		},
	);

	it("gives the gradient to the first of equal elements", async () => {
		await tf.setBackend("wasm");
		expectClose(poolGradient(tf.fill([1, 2, 2, 1], -3), 2, 2, "valid"), [-6, 0, 0, 0]);
	});
});
