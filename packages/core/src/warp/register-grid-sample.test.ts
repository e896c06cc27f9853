import { expectClose, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it } from "vitest";
import { type KernelPathEvent, onKernelPath } from "../kernel/kernel-path.ts";
import { gridSample } from "./grid-sample.ts";
import { GRID_SAMPLE, GRID_SAMPLE_GRAD } from "./grid-sample-attributes.ts";
import { gridSampleComposition, gridSampleGradComposition } from "./grid-sample-composition.ts";
import { registerFusedGridSample, unregisterFusedGridSample } from "./register-grid-sample.ts";

describe("the kernels of gridSample", () => {
	useBackend("cpu");
	const image = (): tf.Tensor4D => tf.ones([1, 2, 2, 1]);
	const grid = (): tf.Tensor4D => tf.zeros([1, 1, 1, 2]);
	const during = (work: () => void): KernelPathEvent[] => {
		const events: KernelPathEvent[] = [];
		const stop = onKernelPath((event) => events.push(event));
		work();
		stop();
		return events;
	};
	afterEach(() => unregisterFusedGridSample("cpu"));

	it("are registered at the first call, and report that stock operations computed it", () => {
		for (const name of [GRID_SAMPLE, GRID_SAMPLE_GRAD]) {
			if (tf.getKernel(name, "cpu") !== undefined) tf.unregisterKernel(name, "cpu");
		}
		const events = during(() => gridSample(image(), grid()));
		expect(tf.getKernel(GRID_SAMPLE, "cpu")).toBeDefined();
		expect(tf.getKernel(GRID_SAMPLE_GRAD, "cpu")).toBeDefined();
		expect(tf.getGradient(GRID_SAMPLE)).toBeDefined();
		expect(events).toEqual([
			{
				kernel: "GridSample",
				backend: "cpu",
				path: "composed",
				reason: "no fused gridSample is registered for the backend 'cpu'",
			},
		]);
	});

	it("give way to a backend package, which hands back what it cannot do, visibly", () => {
		registerFusedGridSample({
			backendName: "cpu",
			unsupported: (_, { interpolation }) => (interpolation === "bilinear" ? undefined : "bilinear only"),
			forward: (inputs, attributes) => {
				return [tf.tidy(() => tf.mul(gridSampleComposition(inputs.image, inputs.grid, attributes), 7))];
			},
			backward: ({ dy, image: pixels, grid: points }, attributes) =>
				gridSampleGradComposition(dy, pixels, points, attributes),
		});
		const events = during(() => {
			expectClose(gridSample(image(), grid()), [7]);
			expectClose(gridSample(image(), grid(), { interpolation: "nearest" }), [1]);
			expectClose(
				tf.grad((x: tf.Tensor) => gridSample(x as tf.Tensor4D, grid()))(image()),
				[0.25, 0.25, 0.25, 0.25],
			);
		});
		expect(events.map(({ kernel, path, reason }) => [kernel, path, reason])).toEqual([
			["GridSample", "fused", undefined],
			["GridSample", "composed", "bilinear only"],
			["GridSample", "fused", undefined],
			["GridSampleGrad", "fused", undefined],
		]);
	});
});
