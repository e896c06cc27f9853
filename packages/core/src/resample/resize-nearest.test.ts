import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { resizeNearest } from "./resize-nearest.ts";

const sizes: [number, number][] = [
	[5, 7],
	[3, 2],
	[10, 14],
	[1, 1],
	[2, 11],
];

describeOnEveryBackend("resizeNearest", () => {
	it.each(sizes)(
		"agrees with the host's forward pass to %i by %i, in the conventions that it has",
		(h, w) => {
			const x = randomTensor<tf.Rank.R4>([2, 5, 7, 3], 1);
			const host = (alignCorners: boolean): tf.Tensor4D =>
				tf.image.resizeNearestNeighbor(x, [h, w], alignCorners, false);
			expectClose(resizeNearest(x, [h, w], { coordinates: "asymmetric" }), host(false), { atol: 0 });
			if (h > 1)
				expectClose(resizeNearest(x, [h, w], { coordinates: "align-corners" }), host(true), { atol: 0 });
		},
	);

	it("copies the pixels that half-pixel centres are next to", () => {
		const x = tf.tensor4d([0, 1, 2, 3, 4], [1, 1, 5, 1]);
		// (i + ½) · 5/3 = .83, 2.5, 4.17 and (i + ½) · 5/7 = .36, 1.07, 1.79, 2.5, 3.21, 3.93, 4.64
		expectClose(resizeNearest(x, [1, 3]), [0, 2, 4]);
		expectClose(resizeNearest(x, [2, 7]), [0, 1, 1, 2, 3, 3, 4, 0, 1, 1, 2, 3, 3, 4]);
		expectClose(resizeNearest(x, [1, 10]), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
		const broken = tf.tensor4d([1, Number.NaN, 3], [1, 1, 3, 1]);
		expectClose(resizeNearest(broken, [1, 2]), [1, 3]); // what is not chosen does not count
	});

	it("has the gradient of its forward pass", () => {
		const x = tf.tensor4d([0, 1, 2], [1, 1, 3, 1]);
		const gradient = tf.grad((t: tf.Tensor) => resizeNearest(t as tf.Tensor4D, [1, 7]))(
			x,
			tf.tensor4d([1, 2, 4, 8, 16, 32, 64], [1, 1, 7, 1]),
		); // sources 0 0 1 1 1 2 2
		expectClose(gradient, [3, 28, 96]);
		for (const coordinates of ["half-pixel", "align-corners", "asymmetric"] as const) {
			const f = (t: tf.Tensor): tf.Tensor => resizeNearest(t as tf.Tensor4D, [4, 11], { coordinates });
			expectGradientsMatch(f, [randomTensor([2, 5, 7, 3], 3)], { coordinates: 12 });
		}
	});

	it("leaves nothing behind and refuses what does not fit", () => {
		const x = randomTensor<tf.Rank.R4>([2, 5, 7, 3], 1);
		expect(resizeNearest(tf.zeros([0, 5, 7, 3]), [3, 2]).shape).toEqual([0, 3, 2, 3]);
		expectNoLeak(() => resizeNearest(x, [3, 4]));
		expectNoLeak(() => tf.grad((t: tf.Tensor) => resizeNearest(t as tf.Tensor4D, [3, 4]))(x));
		const calls: [() => tf.Tensor, RegExp][] = [
			[() => resizeNearest(tf.zeros([5, 7, 3]) as never, [3, 4]), /rank 3; expected rank 4/],
			[() => resizeNearest(tf.zeros([1, 0, 7, 3]), [3, 4]), /height 0.*no pixels/],
			[() => resizeNearest(x, [3, 0]), /`size\[1\]` is 0/],
			[() => resizeNearest(x, [3, 4], { coordinates: "legacy" as never }), /"legacy".*'half-pixel'/],
			[() => resizeNearest(x, [3, 4], { alignCorners: true } as never), /`alignCorners`.*`coordinates`/],
		];
		for (const [call, message] of calls) {
			expect(() => tf.tidy(call)).toThrow(message);
			expectNoLeak(() => tf.tidy(call), { throws: true });
		}
	});
});
