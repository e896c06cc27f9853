import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { affineGrid } from "../warp/affine-grid.ts";
import { gridSample } from "../warp/grid-sample.ts";
import { resizeBilinear } from "./resize-bilinear.ts";

const sizes: [number, number][] = [
	[5, 7],
	[3, 2],
	[10, 14],
	[1, 1],
	[2, 11],
];

describeOnEveryBackend("resizeBilinear", () => {
	it.each(sizes)("agrees with the host's forward pass to %i by %i, in all conventions", (height, width) => {
		const x = randomTensor<tf.Rank.R4>([2, 5, 7, 3], 1);
		const host = (alignCorners: boolean, halfPixelCenters: boolean): tf.Tensor4D =>
			tf.image.resizeBilinear(x, [height, width], alignCorners, halfPixelCenters);
		expectClose(resizeBilinear(x, [height, width]), host(false, true));
		expectClose(resizeBilinear(x, [height, width], { coordinates: "asymmetric" }), host(false, false));
		if (height > 1)
			expectClose(resizeBilinear(x, [height, width], { coordinates: "align-corners" }), host(true, false));
	});

	it("agrees with sampling along the identity grid", () => {
		const x = randomTensor<tf.Rank.R4>([1, 5, 7, 2], 2);
		const identity = tf.tensor3d([1, 0, 0, 0, 1, 0], [1, 2, 3]);
		for (const alignCorners of [false, true]) {
			const grid = affineGrid(identity, [3, 11], { alignCorners });
			const sampled = gridSample(x, grid, { alignCorners, padding: "border" });
			const coordinates = alignCorners ? "align-corners" : "half-pixel";
			expectClose(resizeBilinear(x, [3, 11], { coordinates }), sampled);
		}
	});

	it("has the gradient of its forward pass, where the host's is another one", () => {
		// Columns 0 and 1 resized to 4 at -.25, .25, .75, 1.25: weights of column 0 are 1, .75, .25, 0.
		const x = tf.tensor4d([0, 0], [1, 1, 2, 1]);
		const gradient = tf.grad((t: tf.Tensor) => resizeBilinear(t as tf.Tensor4D, [1, 4]))(
			x,
			tf.tensor4d([1, 2, 3, 4], [1, 1, 4, 1]),
		);
		expectClose(gradient, [1 + 1.5 + 0.75, 0.5 + 2.25 + 4]);
		for (const coordinates of ["half-pixel", "align-corners", "asymmetric"] as const) {
			const f = (t: tf.Tensor): tf.Tensor => resizeBilinear(t as tf.Tensor4D, [4, 3], { coordinates });
			expectGradientsMatch(f, [randomTensor([2, 5, 7, 3], 3)]);
		}
	});

	it("leaves nothing behind and refuses what does not fit", () => {
		const x = randomTensor<tf.Rank.R4>([2, 5, 7, 3], 1);
		expectNoLeak(() => resizeBilinear(x, [3, 4]));
		expectNoLeak(() => tf.grad((t: tf.Tensor) => resizeBilinear(t as tf.Tensor4D, [3, 4]))(x));
		const calls: [() => tf.Tensor, RegExp][] = [
			[() => resizeBilinear(tf.zeros([5, 7, 3]) as never, [3, 4]), /rank 3; expected rank 4/],
			[() => resizeBilinear(tf.zeros([1, 5, 7, 3], "int32"), [3, 4]), /x is int32/],
			[() => resizeBilinear(x, [3, 0]), /`size\[1\]` is 0/],
			[() => resizeBilinear(x, [3, 4], { coordinates: "legacy" as never }), /"legacy".*'half-pixel'/],
			[() => resizeBilinear(x, [3, 4], { alignCorners: true } as never), /`alignCorners`.*`coordinates`/],
		];
		for (const [call, message] of calls) {
			expect(() => tf.tidy(call)).toThrow(message);
			expectNoLeak(() => tf.tidy(call), { throws: true });
		}
	});
});
