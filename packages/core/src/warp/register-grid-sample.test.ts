import { expectClose, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it } from "vitest";
import { gridSample } from "./grid-sample.ts";
import { GRID_SAMPLE, GRID_SAMPLE_GRAD } from "./grid-sample-attributes.ts";
import { gridSampleComposition } from "./grid-sample-composition.ts";

describe("the kernels of gridSample", () => {
	useBackend("cpu");
	const image = (): tf.Tensor4D => tf.ones([1, 2, 2, 1]);
	const grid = (): tf.Tensor4D => tf.zeros([1, 1, 1, 2]);
	const forget = (): void => {
		for (const name of [GRID_SAMPLE, GRID_SAMPLE_GRAD]) {
			if (tf.getKernel(name, "cpu") !== undefined) tf.unregisterKernel(name, "cpu");
		}
	};
	afterEach(forget);

	it("are registered at the first call", () => {
		forget();
		expect(tf.getKernel(GRID_SAMPLE, "cpu")).toBeUndefined();
		gridSample(image(), grid());
		expect(tf.getKernel(GRID_SAMPLE, "cpu")).toBeDefined();
		expect(tf.getKernel(GRID_SAMPLE_GRAD, "cpu")).toBeDefined();
		expect(tf.getGradient(GRID_SAMPLE)).toBeDefined();
	});

	it("leave the kernels of a backend package alone, which may hand cases back", () => {
		forget();
		tf.registerKernel({
			kernelName: GRID_SAMPLE,
			backendName: "cpu",
			kernelFunc: ({ inputs, attrs }) =>
				tf.tidy(() =>
					tf.mul(
						gridSampleComposition(inputs.image as tf.Tensor4D, inputs.grid as tf.Tensor4D, attrs as never),
						7,
					),
				),
		});
		expectClose(gridSample(image(), grid()), [7]);
		expectClose(
			tf.grad((x: tf.Tensor) => gridSample(x as tf.Tensor4D, grid()))(image()),
			[0.25, 0.25, 0.25, 0.25],
		);
	});
});
