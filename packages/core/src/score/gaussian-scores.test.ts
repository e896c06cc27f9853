import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { gaussianScore } from "./gaussian-score.ts";
import { gaussianWindow } from "./gaussian-window.ts";

describeOnEveryBackend("gaussianScore", () => {
	it("falls with the squared distance from the centre", () => {
		const scores = gaussianScore(tf.tensor2d([[1, 2.5]]), { keyLength: 4, sigma: 2 });
		expect(scores.shape).toEqual([1, 2, 4]);
		// -(j - c)² / 8
		expectClose(
			scores,
			[-1, 0, -1, -4, -6.25, -2.25, -0.25, -0.25].map((x) => x / 8),
			{ atol: 1e-7 },
		);
		const fromOne = gaussianScore(tf.tensor2d([[2, 3.5]]), { keyLength: 4, sigma: 2, firstPosition: 1 });
		expectClose(fromOne, scores, { atol: 0 });
	});

	it("moves its centre by gradients, leaves nothing behind and refuses what makes no Gaussian", () => {
		const center = randomTensor<tf.Rank.R2>([2, 3], 1, 3);
		expectGradientsMatch((c) => gaussianScore(c as tf.Tensor2D, { keyLength: 5, sigma: 2.5 }), [center]);
		expectNoLeak(() => gaussianScore(center, { keyLength: 5, sigma: 1 }));
		expectNoLeak(() => gaussianScore(center, { keyLength: 5, sigma: 0 }), { throws: true });
		expect(() => gaussianScore(center, { keyLength: 5, sigma: 0 })).toThrow("gaussianScore: `sigma` is 0");
		// @ts-expect-error wrong rank
		expect(() => gaussianScore(tf.zeros([3]), { keyLength: 5, sigma: 1 })).toThrow("center [3] has rank 1");
	});
});

describeOnEveryBackend("gaussianWindow", () => {
	const shape: [number, number, number] = [2, 3, 4];

	it("sums components over positions", () => {
		const [a, p, c] = [
			[0.5, 2],
			[1, 0.25],
			[0, 3],
		];
		const expected = [1, 2, 3, 4, 5].map((u) =>
			[0, 1].reduce((sum, k) => {
				const distance = (c?.[k] ?? 0) - u;
				return sum + (a?.[k] ?? 0) * Math.exp(-(p?.[k] ?? 0) * distance ** 2);
			}, 0),
		);
		const row = (x: number[] | undefined): tf.Tensor3D => tf.tensor3d(x ?? [], [1, 1, 2]);
		const options = { amplitude: row(a), precision: row(p), keyLength: 5, firstPosition: 1 };
		expectClose(gaussianWindow(row(c), options), expected, { atol: 1e-6 });
	});

	it("passes gradients to all three, leaves nothing behind and refuses shapes that differ", () => {
		const inputs = [randomTensor(shape, 1), tf.exp(randomTensor(shape, 2, 0.3)), randomTensor(shape, 3, 2)];
		const window = (...[amplitude, precision, center]: tf.Tensor[]): tf.Tensor =>
			gaussianWindow(center as tf.Tensor3D, {
				amplitude: amplitude as tf.Tensor3D,
				precision: precision as tf.Tensor3D,
				keyLength: 5,
			});
		expectGradientsMatch(window, inputs);
		expectNoLeak(() => window(...inputs));
		const wrong = tf.zeros([2, 3, 5]);
		const [amplitude, precision] = inputs as [tf.Tensor, tf.Tensor];
		expectNoLeak(() => window(amplitude, precision, wrong), { throws: true });
		expect(() => window(amplitude, precision, wrong)).toThrow(
			"gaussianWindow: amplitude [batch 2, queryLength 3, components 4] does not match center [batch 2, queryLength 3, components 5]",
		);
		// @ts-expect-error nothing but a length
		expect(() => gaussianWindow(tf.zeros(shape), { keyLength: 5 })).toThrow(
			"gaussianWindow: `amplitude` is missing",
		);
	});
});
