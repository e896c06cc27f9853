import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { causalMask } from "./causal-mask.ts";
import { combineMasks } from "./combine-masks.ts";
import { invertMask } from "./invert-mask.ts";
import { keyLengthMask } from "./padding-mask.ts";

describeOnEveryBackend("combineMasks", () => {
	it("is true where all are, ranks 2 and 4 together, in any order", () => {
		const causal = causalMask(2, 3);
		const lengths = keyLengthMask([1, 3], 3);
		const expected = [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0];
		for (const mask of [combineMasks(causal, lengths), combineMasks(lengths, undefined, causal)]) {
			expect(mask.shape).toEqual([2, 1, 2, 3]);
			expect([...mask.dataSync()]).toEqual(expected);
		}
	});

	it("returns a tensor of its own, also for one mask", () => {
		const causal = causalMask(2, 3);
		const combined = combineMasks(undefined, causal);
		expect(combined).not.toBe(causal);
		combined.dispose();
		expect([...causal.dataSync()]).toEqual([1, 0, 0, 1, 1, 0]);
		expectNoLeak(() => combineMasks(causal));
		expectNoLeak(() => combineMasks(causal, causal, causal));
		const wrong = tf.zeros([3, 3], "bool");
		expectNoLeak(() => combineMasks(causal, wrong), { throws: true });
	});

	it("refuses nothing at all, other types, rank 3 and sizes that do not fit", () => {
		expect(() => combineMasks(undefined)).toThrow("combineMasks: no mask was given");
		expect(() => combineMasks(tf.ones([2, 2]))).toThrow("combineMasks: mask is float32; expected bool");
		expect(() => combineMasks(tf.ones([5, 2, 2], "bool"))).toThrow(
			"mask [5, 2, 2] has rank 3; expected rank 2 or 4. Say",
		);
		expect(() => combineMasks(causalMask(2, 3), keyLengthMask([1], 5))).toThrow(
			"combineMasks: mask [1, 1, 1, 5] does not fit mask [2, 3]",
		);
	});
});

describeOnEveryBackend("invertMask", () => {
	it("turns true = ignore into true = attend", () => {
		const ignore = tf.tensor2d([[0, 1, 1]], [1, 3], "bool");
		expect([...invertMask(ignore).dataSync()]).toEqual([1, 0, 0]);
		expectNoLeak(() => invertMask(ignore));
		expect(() => invertMask(tf.ones([2]))).toThrow("invertMask: mask is float32; expected bool.");
	});
});
