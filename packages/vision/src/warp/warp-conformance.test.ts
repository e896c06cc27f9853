import {
	describeOnEveryBackend,
	expectClose,
	fixtureTensor,
	onnxCases,
	sharedPath,
	torchCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { affineGridLayer } from "./affine-grid-layer.ts";
import { gridSampleLayer } from "./grid-sample-layer.ts";

// The cases hold images as [batch, channels, height, width].
const channelsLast = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 3, 1]);
const modes = { linear: "bilinear", cubic: "bicubic", nearest: "nearest" } as const;
const planar = (operator: string) => onnxCases(operator).filter(({ features }) => !features.includes("3d"));

const samples = [
	...planar("GridSample").map(({ name, inputs, outputs, attributes }) => ({
		name: `ONNX ${name}`,
		tensors: [...inputs, ...outputs],
		interpolation: modes[(attributes.mode ?? "linear") as keyof typeof modes],
		padding: (attributes.padding_mode ?? "zeros") as "zeros",
		alignCorners: attributes.align_corners === 1,
	})),
	...torchCases("grid_sample").map(({ name, config, inputs, outputs }) => ({
		name: `PyTorch ${name}`,
		tensors: [inputs.input, inputs.grid, outputs.output],
		interpolation: config.mode,
		padding: config.padding_mode,
		alignCorners: config.align_corners,
	})),
];
const grids = [
	...planar("AffineGrid").map(({ name, inputs: [theta, size], outputs: [grid], attributes }) => ({
		...{ name: `ONNX ${name}`, theta, grid, alignCorners: attributes.align_corners === 1 },
		size: (): number[] => [...fixtureTensor(size as never).dataSync()],
	})),
	...torchCases("affine_grid").map(({ name, config, inputs, outputs }) => ({
		...{ name: `PyTorch ${name}`, theta: inputs.theta, grid: outputs.grid ?? outputs.output },
		...{ alignCorners: config.align_corners, size: (): number[] => config.size },
	})),
];

describeOnEveryBackend("the layers of a spatial transformer against published cases", () => {
	it.skipIf(sharedPath("conformance") === undefined)("has all of them", () => {
		expect([samples.length, grids.length]).toEqual([
			9 + torchCases("grid_sample").length,
			1 + torchCases("affine_grid").length,
		]);
		expect(torchCases("grid_sample").length).toBeGreaterThan(5);
	});

	it.each(samples)("gridSampleLayer, $name", ({ tensors, ...options }) => {
		tf.tidy(() => {
			const [image, grid, expected] = tensors.map((t) => fixtureTensor(t as never)) as [
				tf.Tensor,
				tf.Tensor,
				tf.Tensor,
			];
			const { name: _, ...args } = options;
			const output = gridSampleLayer(args).apply([channelsLast(image), grid]) as tf.Tensor;
			expectClose(output, channelsLast(expected), { atol: 5e-5 });
		});
	});

	it.each(grids)("affineGridLayer, $name", ({ theta, grid, alignCorners, size }) => {
		tf.tidy(() => {
			const [, , height, width] = size() as [number, number, number, number];
			const layer = affineGridLayer({ outputSize: [height, width], alignCorners });
			const found = layer.apply(fixtureTensor(theta as never)) as tf.Tensor;
			expectClose(found, fixtureTensor(grid as never), { atol: 5e-5 });
		});
	});
});
