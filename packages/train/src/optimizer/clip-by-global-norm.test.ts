import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { clipByGlobalNorm } from "./clip-by-global-norm.ts";

describeOnEveryBackend("clipByGlobalNorm", () => {
	it("shortens all gradients by one factor", async () => {
		const given = [tf.tensor1d([3, 0]), tf.tensor2d([[0], [4]])]; // norm 5
		const before = tf.memory().numTensors;
		const { gradients, norm } = await clipByGlobalNorm(given, 2.5);
		expect(norm).toBeCloseTo(5, 6);
		expectClose(gradients[0] as tf.Tensor, [1.5, 0]);
		expectClose(gradients[1] as tf.Tensor, tf.tensor2d([[0], [2]]));
		expect(tf.memory().numTensors).toBe(before + 3); // two gradients and the line above
	});

	it("leaves short, empty and broken gradients alone", async () => {
		const given = [tf.tensor1d([3, 4])];
		expect((await clipByGlobalNorm(given, 5.1)).gradients).toEqual(given);
		expect(await clipByGlobalNorm([], 1)).toEqual({ gradients: [], norm: 0 });
		const broken = [tf.tensor1d([Number.NaN])];
		const { gradients, norm } = await clipByGlobalNorm(broken, 1);
		expect(gradients).toEqual(broken);
		expect(norm).toBeNaN();
		await expect(clipByGlobalNorm(given, 0)).rejects.toThrow(/`maxNorm` is 0/);
	});
});
