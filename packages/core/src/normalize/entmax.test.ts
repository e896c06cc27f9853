import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomSource,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { entmax } from "./entmax.ts";
import { entmax15 } from "./entmax15.ts";
import { maskedSoftmax } from "./masked-softmax.ts";
import { sparsemax } from "./sparsemax.ts";

/** Entmax in float64. */
function reference(x: readonly number[], alpha: number): number[] {
	const z = x.map((value) => (alpha - 1) * value);
	const at = (threshold: number): number[] =>
		z.map((value) => Math.max(value - threshold, 0) ** (1 / (alpha - 1)));
	let [low, high] = [Math.max(...z) - 1, Math.max(...z)];
	for (let i = 0; i < 100; i++) {
		const middle = (low + high) / 2;
		if (at(middle).reduce((sum, w) => sum + w) >= 1) low = middle;
		else high = middle;
	}
	return at(low);
}

describeOnEveryBackend("entmax", () => {
	const rows = (n: number, scale: number): number[] => {
		const random = randomSource(n);
		return Array.from({ length: n }, () => Math.fround(random.normal() * scale));
	};

	it.each([1.1, 1.25, 1.5, 1.75, 2, 2.5, 4])(
		"with α = %d is what float64 gives, number or tensor",
		(alpha) => {
			for (const [n, scale] of [
				[1, 1],
				[5, 1],
				[97, 0.3],
				[11, 1000],
			] as const) {
				const x = rows(n, scale);
				const expected = reference(x, alpha);
				const label = `n ${n}, scale ${scale}`;
				expectClose(entmax(tf.tensor(x), { alpha }), expected, { atol: 2e-5, label });
				expectClose(entmax(tf.tensor(x), { alpha: tf.scalar(alpha) }), expected, { atol: 2e-5, label });
			}
		},
	);

	it("is softmax, entmax15 and sparsemax at 1, 1.5 and 2", () => {
		const x = randomTensor([3, 7], 1);
		expectClose(entmax(x, { alpha: 1 }), maskedSoftmax(x), { atol: 0 });
		expectClose(entmax(x, { alpha: 1.5 }), entmax15(x), { atol: 0 });
		expectClose(entmax(x, { alpha: 2 }), sparsemax(x), { atol: 0 });
		expectClose(entmax(x, { alpha: tf.scalar(1.5) }), entmax15(x), { atol: 1e-5 });
	});

	it("passes gradients to the scores and to α, one value or one per row", () => {
		const x = tf.tensor([0.31, 1.07, -0.62, 0.83, -1.4, 0.55, 0.2, 0.9], [2, 4]);
		const step = { step: 4e-3, tolerance: 3e-3 };
		expectGradientsMatch((y, alpha) => entmax(y, { alpha }), [x, tf.scalar(1.4)], step);
		expectGradientsMatch((y, alpha) => entmax(y, { alpha }), [x, tf.tensor([1.3, 1.7], [2, 1])], step);
		expectGradientsMatch(
			(y, alpha) => entmax(y, { alpha, axis: 0 }),
			[x, tf.tensor([[1.4, 1.6, 1.2, 1.7]])],
			step,
		);
		const mask = tf.tensor([1, 1, 0, 1, 0, 0, 0, 0], [2, 4], "bool");
		const alphas = tf.tensor([1.3, 1.7], [2, 1]);
		expectGradientsMatch((y, alpha) => entmax(y, { alpha, mask }), [x, alphas], step);
		const [, gradient] = tf.grads((y, alpha) => entmax(y, { alpha, mask }))([x, alphas]);
		expect(gradient?.shape).toEqual([2, 1]);
		expectNoLeak(() => tf.tidy(() => tf.grads((y, alpha) => entmax(y, { alpha }))([x, alphas])));
	});

	it("takes an α between 1 and 1.001 as 1.001, number or tensor, forward and backward", () => {
		const x = tf.tensor([0.1, 2, -1]);
		const square = (alpha: number | tf.Tensor) => (y: tf.Tensor) => tf.square(entmax(y, { alpha }));
		for (const alpha of [1.0005, tf.scalar(1.0005), tf.scalar(1)]) {
			expectClose(entmax(x, { alpha }), entmax(x, { alpha: 1.001 }), { atol: 0 });
			expectClose(tf.grad(square(alpha))(x), tf.grad(square(1.001))(x), { atol: 0 });
		}
	});

	it("takes one α per head", () => {
		const x = randomTensor([2, 3, 5, 7], 2);
		const weights = entmax(x, { alpha: tf.tensor([1.2, 1.5, 2], [1, 3, 1, 1]) });
		expectClose(
			tf.slice(weights, [0, 2, 0, 0], [2, 1, 5, 7]),
			sparsemax(tf.slice(x, [0, 2, 0, 0], [2, 1, 5, 7])),
		);
	});

	it("refuses an α below 1 or of the wrong shape", () => {
		const x = tf.zeros([2, 5]);
		expect(() => entmax(x, { alpha: 0.9 })).toThrow(
			"entmax: `alpha` is 0.9; expected a finite number at least 1.",
		);
		expect(() => entmax(x, { alpha: tf.ones([5]) })).toThrow("entmax: alpha [5] does not fit scores [2, 5]");
		expect(() => entmax(x, { alpha: tf.ones([2, 5]) })).toThrow("size 1 on axis 1");
		expect(() => entmax(x, { alpha: tf.scalar(2, "int32") })).toThrow("entmax: alpha is int32");
	});
});
