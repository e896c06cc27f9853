import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { affineGrid } from "./affine-grid.ts";
import { attentionGrid } from "./attention-grid.ts";
import { projectiveGrid } from "./projective-grid.ts";
import { thinPlateSplineControlPoints, thinPlateSplineGrid } from "./thin-plate-spline-grid.ts";

const unit = fc.double({ min: -2, max: 2, noNaN: true });

describeOnEveryBackend("grids", () => {
	it("affineGrid puts the identity at pixel centres, or at the corners", () => {
		const theta = tf.tensor3d([1, 0, 0, 0, 1, 0], [1, 2, 3]);
		expectClose(affineGrid(theta, [1, 2]), [-0.5, 0, 0.5, 0]);
		expectClose(affineGrid(theta, [2, 2], { alignCorners: true }), [-1, -1, 1, -1, -1, 1, 1, 1]);
		expectClose(affineGrid(theta, [1, 1], { alignCorners: true }), [0, 0]);
	});

	it("attentionGrid is the affine grid of its three numbers", () => {
		fc.assert(
			fc.property(unit, unit, unit, fc.boolean(), (s, tx, ty, alignCorners) => {
				tf.tidy(() => {
					const theta = tf.tensor3d([s, 0, tx, 0, s, ty], [1, 2, 3]);
					const expected = affineGrid(theta, [3, 5], { alignCorners });
					expectClose(attentionGrid(tf.tensor2d([[s, tx, ty]]), [3, 5], { alignCorners }), expected);
				});
			}),
			{ seed: 1, numRuns: 20 },
		);
	});

	it("projectiveGrid without a tilt is affine, and divides by w with one", () => {
		const theta = randomTensor<tf.Rank.R2>([3, 6], 4);
		const flat = tf.concat([theta, tf.zeros<tf.Rank.R2>([3, 2])], 1);
		expectClose(projectiveGrid(flat, [5, 7]), affineGrid(tf.reshape(theta, [3, 2, 3]), [5, 7]));
		// At (1, 1) with t6 = .5 and t7 = .25: w = 1.75.
		const tilted = projectiveGrid(tf.tensor2d([[1, 0, 0, 0, 1, 0, 0.5, 0.25]]), [2, 2], {
			alignCorners: true,
		});
		expectClose(tilted, [-1 / 0.25, -1 / 0.25, 1 / 1.25, -1 / 1.25, -1 / 0.75, 1 / 0.75, 1 / 1.75, 1 / 1.75]);
	});

	it("projectiveGrid stays finite on the horizon, with finite gradients", () => {
		const horizon = tf.tensor2d([[1, 0, 0, 0, 1, 0, 1, 0]]); // w = 0 where x = -1
		const options = { alignCorners: true, minDivisor: 0.01 };
		expectClose(projectiveGrid(horizon, [1, 2], options), [-100, 0, 0.5, 0]);
		const gradient = tf.grad((t: tf.Tensor) => projectiveGrid(t as tf.Tensor2D, [1, 2], options))(horizon);
		// The guarded point contributes x_t / .01 to t0 and 1 / .01 to t2 and t5, and nothing to t6.
		expectClose(gradient, [-100 + 0.5, 0, 100.5, -100 + 0.5, 0, 100.5, -0.25, 0], { atol: 1e-3 });
	});

	it("thinPlateSplineGrid follows any affine move of its control points", () => {
		for (const [gridSize, alignCorners] of [
			[2, false],
			[3, true],
			[4, false],
		] as const) {
			const theta = randomTensor<tf.Rank.R3>([2, 2, 3], gridSize);
			const rest = thinPlateSplineControlPoints(gridSize);
			const [a, b] = theta.arraySync();
			const moved = [a, b].map((rows) =>
				rest.map(([x, y]) => (rows ?? []).map(([p = 0, q = 0, r = 0]) => p * x + q * y + r)),
			);
			const grid = thinPlateSplineGrid(tf.tensor3d(moved), [5, 7], { gridSize, alignCorners });
			expectClose(grid, affineGrid(theta, [5, 7], { alignCorners }));
		}
	});

	it("thinPlateSplineGrid takes each control point where it should go", () => {
		const target = randomTensor<tf.Rank.R3>([2, 9, 2], 5);
		// With aligned corners a 5 by 5 grid has the 3 by 3 control points at its even places.
		const grid = thinPlateSplineGrid(target, [5, 5], { alignCorners: true }).arraySync();
		const at = grid.map((item) =>
			[0, 2, 4].flatMap((row) => [0, 2, 4].map((column) => item[row]?.[column] ?? [])),
		);
		expectClose(tf.tensor3d(at), target);
	});

	it("have the gradients of finite differences", () => {
		const size = [3, 5] as const;
		expectGradientsMatch((t) => affineGrid(t as tf.Tensor3D, size), [randomTensor([2, 2, 3], 1)]);
		expectGradientsMatch((t) => attentionGrid(t as tf.Tensor2D, size), [randomTensor([3, 3], 2)]);
		expectGradientsMatch((t) => thinPlateSplineGrid(t as tf.Tensor3D, size), [randomTensor([2, 9, 2], 3)]);
		const theta = tf.concat(
			[randomTensor<tf.Rank.R2>([2, 6], 4), randomTensor<tf.Rank.R2>([2, 2], 5, 0.2)],
			1,
		);
		expectGradientsMatch((t) => projectiveGrid(t as tf.Tensor2D, size), [theta], {
			step: 1e-3,
			tolerance: 5e-3,
		});
	});

	it("leave nothing behind", () => {
		const size = [3, 5] as const;
		const [theta, crop, tilt] = [randomTensor<tf.Rank.R3>([2, 2, 3], 1), tf.ones([2, 3]), tf.ones([2, 8])];
		const points = randomTensor<tf.Rank.R3>([2, 16, 2], 2);
		expectNoLeak(() => affineGrid(theta, size));
		expectNoLeak(() => attentionGrid(crop as tf.Tensor2D, size));
		expectNoLeak(() => projectiveGrid(tilt as tf.Tensor2D, size));
		expectNoLeak(() => thinPlateSplineGrid(points, size));
		expectNoLeak(() => tf.grad((p: tf.Tensor) => thinPlateSplineGrid(p as tf.Tensor3D, size))(points));
	});

	const zeros = (shape: number[]): never => tf.zeros(shape) as never;
	it.each([
		[
			"affineGrid",
			() => affineGrid(zeros([2, 3, 4]), [3, 5]),
			/theta \[batch 2, row 3, column 4\].*expected row 2, column 3/,
		],
		["affineGrid", () => affineGrid(zeros([2, 2, 3]), [0, 5]), /`outHeight` is 0/],
		["affineGrid", () => affineGrid(zeros([2, 2, 3]), [3, 1.5]), /`outWidth` is 1.5/],
		["affineGrid", () => affineGrid(tf.zeros([2, 2, 3], "int32"), [3, 5]), /theta is int32/],
		[
			"affineGrid",
			() => affineGrid(zeros([2, 2, 3]), [3, 5], { align: true } as never),
			/`align`.*`alignCorners`/,
		],
		["attentionGrid", () => attentionGrid(zeros([2, 6]), [3, 5]), /expected parameter 3/],
		["projectiveGrid", () => projectiveGrid(zeros([2, 9]), [3, 5]), /expected parameter 8/],
		["projectiveGrid", () => projectiveGrid(zeros([2, 8]), [3, 5], { minDivisor: 0 }), /greater than 0/],
		["thinPlateSplineGrid", () => thinPlateSplineGrid(zeros([2, 10, 2]), [3, 5]), /point 10.*4, 9, 16/],
		[
			"thinPlateSplineGrid",
			() => thinPlateSplineGrid(zeros([2, 9, 2]), [3, 5], { gridSize: 4 }),
			/gridSize 4.*expected point 16/,
		],
		["thinPlateSplineControlPoints", () => thinPlateSplineControlPoints(1) as never, /at least 2/],
	])("%s refuses what does not fit", (name, call, message) => {
		expect(() => tf.tidy(call)).toThrow(message);
		expect(() => tf.tidy(call)).toThrow(`${name}: `);
		expectNoLeak(() => tf.tidy(call), { throws: true });
	});
});
