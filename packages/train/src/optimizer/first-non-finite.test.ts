import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { firstNonFinite } from "./first-non-finite.ts";

describeOnEveryBackend("firstNonFinite", () => {
	it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
		"finds %s wherever it is, and leaves nothing behind",
		async (bad) => {
			const tensors = [tf.ones([3]), null, tf.tensor2d([[1, 2, bad]]), tf.scalar(bad)];
			const before = tf.memory().numTensors;
			expect(await firstNonFinite(tensors)).toBe(2);
			expect(tf.memory().numTensors).toBe(before);
		},
	);

	it("takes everything else, also numbers whose sum or square would overflow", async () => {
		expect(await firstNonFinite([])).toBe(-1);
		expect(await firstNonFinite([null])).toBe(-1);
		expect(await firstNonFinite([tf.tensor1d([3e38, 3e38, -0, 1e-40]), tf.zeros([0])])).toBe(-1);
	});
});
