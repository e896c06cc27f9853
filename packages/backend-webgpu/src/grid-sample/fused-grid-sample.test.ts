import {
	type GridSampleAttributes,
	gridSample,
	type KernelPathEvent,
	onKernelPath,
	thinPlateSplineControlPoints,
	thinPlateSplineGrid,
} from "@heed/core";
import { expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

const modes = (["bilinear", "nearest", "bicubic"] as const).flatMap((interpolation) =>
	(["zeros", "border", "reflection"] as const).map((padding, i) => ({
		interpolation,
		padding,
		alignCorners: i !== 1,
	})),
);

/** The output and both gradients on a backend. */
async function compute(
	backend: string,
	shape: readonly [number, number, number, number],
	makeGrid: () => tf.Tensor4D,
	options: GridSampleAttributes,
): Promise<Float32Array[]> {
	await tf.setBackend(backend);
	tf.engine().startScope();
	const image = randomTensor<tf.Rank.R4>([...shape], 1);
	const grid = makeGrid();
	const sample = (...[x, points]: tf.Tensor[]): tf.Tensor =>
		gridSample(x as tf.Tensor4D, points as tf.Tensor4D, options);
	const output = sample(image, grid);
	const grads = tf.grads(sample)([image, grid], randomTensor(output.shape, 3));
	const values: Float32Array[] = [];
	for (const tensor of [output, ...grads]) values.push((await tensor.data()) as Float32Array);
	tf.engine().endScope();
	return values;
}

describe("gridSample on WebGPU", () => {
	it.each(modes)(
		"equals the composition: $interpolation, $padding, aligned $alignCorners",
		async (options) => {
			// Points all over the place and beyond it, some not finite; three channels, or eight.
			const channels = options.padding === "border" ? 8 : 3;
			const makeGrid = (): tf.Tensor4D => {
				const random = tf.mul(randomTensor<tf.Rank.R4>([2, 9, 5, 2], 2), 1.3);
				const bad = tf.tensor([Number.NaN, 0, 0.3, Number.POSITIVE_INFINITY], [1, 1, 2, 2]);
				return tf.concat([random, tf.tile(bad, [2, 9, 1, 1])], 2) as tf.Tensor4D;
			};
			const fused = await compute("webgpu", [2, 11, 13, channels], makeGrid, options);
			const composed = await compute("cpu", [2, 11, 13, channels], makeGrid, options);
			for (const [i, label] of ["output", "dImage", "dGrid"].entries()) {
				expectClose(fused[i] ?? [], composed[i] ?? [], { atol: i === 2 ? 1e-4 : 1e-5, label });
			}
		},
	);

	it("equals it where squares of points are left out, and comes out the same each time", async () => {
		const options = { interpolation: "bilinear", padding: "zeros", alignCorners: false } as const;
		const moved = thinPlateSplineControlPoints(4).map(([x, y]) => [x * 0.8 + 0.1 * y, y - 0.1 * x * x]);
		await tf.setBackend("cpu");
		const points = tf.tidy(() =>
			thinPlateSplineGrid(tf.tensor3d([moved]), [70, 66])
				.dataSync()
				.slice(),
		);
		const makeGrid = (): tf.Tensor4D => tf.tensor4d(points, [1, 70, 66, 2]);
		const fused = await compute("webgpu", [1, 33, 40, 20], makeGrid, options);
		const composed = await compute("cpu", [1, 33, 40, 20], makeGrid, options);
		for (const [i, values] of fused.entries()) expectClose(values, composed[i] ?? [], { atol: 2e-4 });
		expect((await compute("webgpu", [1, 33, 40, 20], makeGrid, options))[1]).toEqual(fused[1]);
	});

	it("has the gradients of finite differences", async () => {
		await tf.setBackend("webgpu");
		for (const interpolation of ["bilinear", "bicubic"] as const) {
			const image = randomTensor<tf.Rank.R4>([1, 5, 6, 2], 4);
			// Between the kinks.
			const places = [0.31, 1.68, 3.27, 4.4].flatMap((x) => [
				(2 * x + 1) / 6 - 1,
				(2 * x * 0.8 + 1.3) / 5 - 1,
			]);
			const grid = tf.tensor4d(places, [1, 4, 1, 2]);
			const weights = randomTensor<tf.Rank.R4>([1, 4, 1, 2], 5);
			const f = (...[x, points]: tf.Tensor[]): tf.Tensor =>
				tf.sum(tf.mul(weights, gridSample(x as tf.Tensor4D, points as tf.Tensor4D, { interpolation })));
			const grads = tf.grads(f)([image, grid]);
			for (const [i, input] of [image, grid].entries()) {
				const direction = randomTensor(input.shape, 6);
				const at = (step: number): tf.Tensor => {
					const there = tf.add(input, tf.mul(direction, step));
					return i === 0 ? f(there, grid) : f(image, there);
				};
				const difference = tf.div(tf.sub(at(5e-3), at(-5e-3)), 1e-2);
				const expected = tf.sum(tf.mul(direction, grads[i] as tf.Tensor));
				expectClose(await difference.data(), await expected.data(), { atol: 2e-3, rtol: 2e-3 });
			}
		}
	});

	it("takes the kernels both ways", async () => {
		const events: KernelPathEvent[] = [];
		const stop = onKernelPath((event) => events.push(event));
		const options = { interpolation: "nearest", padding: "zeros", alignCorners: true } as const;
		await compute("webgpu", [1, 2, 2, 1], () => tf.zeros([1, 1, 1, 2]), options);
		stop();
		expect(events.map(({ kernel, path }) => [kernel, path])).toEqual([
			["GridSample", "fused"],
			["GridSample", "fused"],
			["GridSampleGrad", "fused"],
		]);
	});
});
