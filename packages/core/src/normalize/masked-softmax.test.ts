import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { maskedLogSoftmax } from "./masked-log-softmax.ts";
import { maskedSoftmax } from "./masked-softmax.ts";

describeOnEveryBackend("maskedSoftmax", () => {
	it("is the softmax of the host where nothing is masked", () => {
		const x = randomTensor([2, 3, 7], 1, 3);
		expectClose(maskedSoftmax(x), tf.softmax(x), { atol: 1e-6 });
	});

	it("works along any axis, masks included", () => {
		const x = randomTensor([2, 3, 5], 2);
		const mask = tf.tensor([1, 0, 1], [1, 3, 1], "bool");
		const weights = maskedSoftmax(x, mask, { axis: 1 });
		expectClose(tf.sum(weights, 1), tf.ones([2, 5]), { atol: 1e-6 });
		expectClose(tf.slice(weights, [0, 1, 0], [2, 1, 5]), tf.zeros([2, 1, 5]), { atol: 0 });
		expectGradientsMatch((y) => maskedSoftmax(y, mask, { axis: -2 }), [x]);
	});

	it("refuses unknown options and axes that the scores do not have", () => {
		const x = tf.zeros([2, 3]);
		// @ts-expect-error no such option
		expect(() => maskedSoftmax(x, undefined, { dim: 1 })).toThrow("maskedSoftmax: unknown option `dim`");
		expect(() => maskedSoftmax(x, undefined, { axis: 2 })).toThrow("`axis` is 2");
	});
});

describeOnEveryBackend("maskedLogSoftmax", () => {
	it("is the logarithm of the weights, and -Infinity where there are none", () => {
		const x = randomTensor([3, 5], 3, 20);
		const mask = tf.tensor([1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1], [3, 5], "bool");
		const logWeights = maskedLogSoftmax(x, mask);
		expectClose(tf.exp(logWeights), maskedSoftmax(x, mask), { atol: 1e-5 });
		expect(logWeights.dataSync()[1]).toBe(Number.NEGATIVE_INFINITY);
		expect([...logWeights.dataSync().slice(5, 10)]).toEqual(Array(5).fill(Number.NEGATIVE_INFINITY));
	});

	it("has the gradient of finite differences, whatever comes from above at masked places", () => {
		const x = randomTensor([2, 5], 4);
		expectGradientsMatch((y) => maskedLogSoftmax(y, undefined, { axis: 0 }), [x]);
		const mask = tf.tensor([1, 0, 1, 1, 1, 0, 0, 0, 0, 0], [2, 5], "bool");
		const live = (y: tf.Tensor): tf.Tensor => tf.where(mask, maskedLogSoftmax(y, mask), 0);
		expectGradientsMatch(live, [x]);
		expectNoLeak(() => maskedLogSoftmax(x, mask));
	});
});
