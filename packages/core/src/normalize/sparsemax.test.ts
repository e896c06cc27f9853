import { describeOnEveryBackend, expectClose, expectNoLeak, randomSource, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { sparsemax } from "./sparsemax.ts";

/** Projection onto the simplex in float64 by bisection of the threshold, which shares nothing with the sort. */
function project(x: readonly number[]): number[] {
	let [low, high] = [Math.min(...x) - 1, Math.max(...x)];
	for (let i = 0; i < 100; i++) {
		const middle = (low + high) / 2;
		if (x.reduce((sum, value) => sum + Math.max(value - middle, 0), 0) >= 1) low = middle;
		else high = middle;
	}
	return x.map((value) => Math.max(value - low, 0));
}

describeOnEveryBackend("sparsemax", () => {
	it("projects onto the simplex, short rows and long ones, near scores and far ones", () => {
		for (const [n, scale] of [
			[1, 1],
			[2, 0.1],
			[7, 1],
			[101, 0.05],
			[1009, 0.001],
			[13, 1e6],
		] as const) {
			const random = randomSource(n);
			const x = Array.from({ length: n }, () => Math.fround(random.normal() * scale));
			expectClose(sparsemax(tf.tensor(x)), project(x), { atol: 3e-6, label: `n ${n}, scale ${scale}` });
		}
	});

	it("spreads evenly over ties", () => {
		expectClose(sparsemax(tf.tensor([2, 0, 2, 2, 0])), [1 / 3, 0, 1 / 3, 1 / 3, 0]);
	});

	it("takes the axis as a number or as an option", () => {
		const x = randomTensor([3, 5, 2], 7);
		const expected = tf.transpose(sparsemax(tf.transpose(x, [0, 2, 1])), [0, 2, 1]);
		expectClose(sparsemax(x, 1), expected, { atol: 0 });
		expectClose(sparsemax(x, { axis: -2 }), expected, { atol: 0 });
		expectNoLeak(() => sparsemax(x, 1));
	});

	it("gives scores outside the support no gradient", () => {
		const gradient = tf.grad((x) => tf.dot(sparsemax(x as tf.Tensor1D), tf.tensor1d([3, 1, 2])))(
			tf.tensor1d([0.4, -2, 0.1]),
		);
		// support {0, 2}: upstream minus its mean over them, (3 + 2) / 2
		expectClose(gradient, [0.5, 0, -0.5]);
	});

	it("refuses what it cannot read", () => {
		const x = tf.zeros([2, 3]);
		expect(() => sparsemax(x, 2)).toThrow("sparsemax: `axis` is 2");
		expect(() => sparsemax(x, 0.5)).toThrow("sparsemax: `axis` is 0.5; expected a whole number");
		// @ts-expect-error no such option
		expect(() => sparsemax(x, { masks: x })).toThrow("sparsemax: unknown option `masks`");
	});
});
