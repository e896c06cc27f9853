import { describeOnEveryBackend, expectClose, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { hardmax } from "./hardmax.ts";
import { maskedSoftmax } from "./masked-softmax.ts";
import { topKSoftmax } from "./top-k-softmax.ts";

describeOnEveryBackend("topKSoftmax", () => {
	it("keeps exactly k, of equal scores the first", () => {
		const weights = topKSoftmax(tf.tensor([1, 3, 1, 1, 0]), { k: 2 });
		// the 3 and the first 1: e² : 1
		const total = Math.exp(2) + 1;
		expectClose(weights, [1 / total, Math.exp(2) / total, 0, 0, 0], { atol: 1e-6 });
		expectClose(
			topKSoftmax(tf.ones([2, 5]), { k: 3, axis: 1 }),
			[1, 1, 1, 0, 0, 1, 1, 1, 0, 0].map((w) => w / 3),
		);
		expectClose(topKSoftmax(tf.ones([5, 2]), { k: 1, axis: 0 }), [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
	});

	it("is softmax when k is the length or more", () => {
		const x = tf.tensor([0.2, -1, 4, 0.3]);
		expectClose(topKSoftmax(x, { k: 4 }), maskedSoftmax(x), { atol: 1e-6 });
		expectClose(topKSoftmax(x, { k: 9 }), maskedSoftmax(x), { atol: 1e-6 });
	});

	it("refuses a k that is no count", () => {
		const x = tf.zeros([3]);
		expect(() => topKSoftmax(x, { k: 0 })).toThrow(
			"topKSoftmax: `k` is 0; expected a whole number at least 1.",
		);
		expect(() => topKSoftmax(x, { k: 1.5 })).toThrow("`k` is 1.5");
		expectNoLeak(() => topKSoftmax(x, { k: 2 }));
	});
});

describeOnEveryBackend("hardmax", () => {
	it("puts all weight on the first of the largest", () => {
		expectClose(
			hardmax(
				tf.tensor([
					[1, 7, 7],
					[-3, -1, -2],
				]),
			),
			[0, 1, 0, 0, 1, 0],
			{ atol: 0 },
		);
		expectClose(
			hardmax(
				tf.tensor([
					[1, 7],
					[3, 2],
				]),
				0,
			),
			[0, 1, 1, 0],
			{ atol: 0 },
		);
	});
});
