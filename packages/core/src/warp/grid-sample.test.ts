import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomSource,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { affineGrid } from "./affine-grid.ts";
import { type GridSampleOptions, gridSample } from "./grid-sample.ts";
import type { GridInterpolation, GridPadding } from "./grid-sample-attributes.ts";

const paddings: GridPadding[] = ["zeros", "border", "reflection"];
const interpolations: GridInterpolation[] = ["bilinear", "nearest", "bicubic"];
const modes = paddings.flatMap((padding) => [false, true].map((alignCorners) => ({ padding, alignCorners })));
const identity = (batch: number): tf.Tensor3D =>
	tf.tile(tf.tensor3d([1, 0, 0, 0, 1, 0], [1, 2, 3]), [batch, 1, 1]);

/** Points whose pixel coordinates keep away from the kinks of the kernels and of the paddings. */
function smoothGrid(width: number, height: number, points: number, alignCorners: boolean): tf.Tensor4D {
	const random = randomSource(3);
	const toGrid = (pixel: number, size: number): number =>
		alignCorners ? (2 * pixel) / (size - 1) - 1 : (2 * pixel + 1) / size - 1;
	const coordinate = (size: number): number =>
		toGrid(random.integer(-3, size + 1) + (random.uniform() < 0.5 ? 0.27 : 0.68), size);
	const values = Array.from({ length: 2 * points }, () => [coordinate(width), coordinate(height)]).flat();
	return tf.tensor4d(values, [2, points, 1, 2]);
}

describeOnEveryBackend("gridSample", () => {
	it("gives the image back for the identity, whatever the mode", () => {
		const image = randomTensor<tf.Rank.R4>([2, 5, 3, 2], 1);
		for (const { padding, alignCorners } of modes) {
			const grid = affineGrid(identity(2), [5, 3], { alignCorners });
			for (const interpolation of interpolations) {
				const output = gridSample(image, grid, { interpolation, padding, alignCorners });
				expectClose(output, image, { label: `${interpolation} ${padding} ${alignCorners}` });
			}
		}
	});

	it("reads x first, y second", () => {
		const image = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
		const corners = tf.tensor4d([-1, -1, 1, -1, -1, 1, 0, 1], [1, 1, 4, 2]); // (x, y)
		expectClose(gridSample(image, corners, { alignCorners: true }), [1, 3, 4, 5]);
	});

	it("rounds halves to the even pixel when nearest", () => {
		const image = tf.tensor4d([10, 11, 12, 13, 14], [1, 1, 5, 1]);
		const halves = tf.tensor4d(
			[0.5, 1.5, 2.5, 3.5].flatMap((at) => [at / 2 - 1, 0]),
			[1, 4, 1, 2],
		);
		expectClose(
			gridSample(image, halves, { interpolation: "nearest", alignCorners: true }),
			[10, 12, 12, 14],
		);
	});

	describe.each(modes)("padding $padding, alignCorners $alignCorners", ({ padding, alignCorners }) => {
		it.each(["bilinear", "bicubic"] as const)(
			"has the gradients of finite differences, %s",
			(interpolation) => {
				const image = randomTensor<tf.Rank.R4>([2, 4, 5, 3], 2);
				const grid = smoothGrid(5, 4, 7, alignCorners);
				const f = (...[i, g]: tf.Tensor[]): tf.Tensor =>
					gridSample(i as tf.Tensor4D, g as tf.Tensor4D, { interpolation, padding, alignCorners });
				expectGradientsMatch(f, [image, grid], {
					names: ["image", "grid"],
					tolerance: 4e-3,
					coordinates: 12,
				});
			},
		);

		it("moves no grid point when nearest", () => {
			const image = randomTensor<tf.Rank.R4>([2, 4, 5, 3], 2);
			const grid = smoothGrid(5, 4, 7, alignCorners);
			const options: GridSampleOptions = { interpolation: "nearest", padding, alignCorners };
			const dGrid = tf.grad((g: tf.Tensor) => gridSample(image, g as tf.Tensor4D, options))(grid);
			expectClose(dGrid, tf.zerosLike(grid));
			expectGradientsMatch((i) => gridSample(i as tf.Tensor4D, grid, options), [image]);
		});

		it.each(interpolations)("treats coordinates that are not finite as outside, %s", (interpolation) => {
			const image = tf.ones<tf.Rank.R4>([1, 3, 4, 2]);
			const bad = [Number.NaN, 0, 0, Number.NaN, Infinity, 0, 0, -Infinity, Number.NaN, Infinity];
			const grid = tf.tensor4d(bad, [1, 5, 1, 2]);
			const options: GridSampleOptions = { interpolation, padding, alignCorners };
			expectClose(gridSample(image, grid, options), new Float32Array(10));
			const [dImage, dGrid] = tf.grads((...[i, g]: tf.Tensor[]) =>
				gridSample(i as tf.Tensor4D, g as tf.Tensor4D, options),
			)([image, grid]);
			expectClose(dImage as tf.Tensor, tf.zerosLike(image));
			expectClose(dGrid as tf.Tensor, tf.zerosLike(grid));
		});

		it("stays within the image's values however far the points are", () => {
			const image = tf.randomUniform<tf.Rank.R4>([1, 3, 4, 1], 1, 2, "float32", 7);
			const grid = tf.tensor4d([3e38, -3e38, 1e9, 1e9, -1e5, 77], [1, 3, 1, 2]);
			const output = gridSample(image, grid, { padding, alignCorners }).dataSync();
			for (const value of output) {
				if (padding === "zeros") expect(value).toBe(0);
				else expect(value).toBeGreaterThanOrEqual(1);
				expect(value).toBeLessThanOrEqual(2);
			}
		});
	});

	it("is linear in the image and independent of the other items of the batch", () => {
		const size = fc.integer({ min: 1, max: 6 });
		fc.assert(
			fc.property(
				size,
				size,
				size,
				fc.nat(),
				fc.constantFrom(...modes),
				(height, width, points, seed, mode) => {
					tf.tidy(() => {
						const image = randomTensor<tf.Rank.R4>([2, height, width, 2], seed);
						const grid = randomTensor<tf.Rank.R4>([2, points, 3, 2], seed + 1);
						const both = gridSample(image, grid, mode);
						expectClose(gridSample(tf.mul(image, 3), grid, mode), tf.mul(both, 3));
						const first = (x: tf.Tensor4D): tf.Tensor4D => tf.slice(x, 0, 1);
						expectClose(gridSample(first(image), first(grid), mode), first(both));
					});
				},
			),
			{ seed: 1, numRuns: 30 },
		);
	});

	it("leaves nothing behind", () => {
		const image = randomTensor<tf.Rank.R4>([2, 4, 5, 3], 2);
		const grid = randomTensor<tf.Rank.R4>([2, 2, 3, 2], 3);
		for (const interpolation of interpolations) {
			expectNoLeak(() => gridSample(image, grid, { interpolation }));
			expectNoLeak(() =>
				tf.grads((...[i, g]: tf.Tensor[]) =>
					gridSample(i as tf.Tensor4D, g as tf.Tensor4D, { interpolation }),
				)([image, grid]),
			);
		}
	});
});
