import {
	type Comparison,
	describeOnEveryBackend,
	expectAllClose,
	fixtureTensor,
	type OnnxCase,
	onnxCases,
	sharedPath,
	type TorchCase,
	torchCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { affineGrid } from "./affine-grid.ts";
import { type GridSampleOptions, gridSample } from "./grid-sample.ts";

// The cases hold images as [batch, channels, height, width].
const channelsLast = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]);
const channelsFirst = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x as tf.Tensor4D, [0, 3, 1, 2]);

const interpolations: Record<string, GridSampleOptions["interpolation"]> = {
	linear: "bilinear",
	cubic: "bicubic",
	nearest: "nearest",
};

const absent = sharedPath("conformance") === undefined; // says so
const operators = { GridSample: onnxCases("GridSample"), AffineGrid: onnxCases("AffineGrid") };
const onnx = Object.values(operators).flat();
const skipped = onnx.filter((c) => c.features.includes("3d"));
const planar = (cases: OnnxCase[]): OnnxCase[] => cases.filter((c) => !skipped.includes(c));
const fixtures = ["grid_sample", "affine_grid", "spatial_transformer"].flatMap((group) =>
	torchCases(group).map((fixture) => ({ group, fixture })),
);
const reason = skipped.map((c) => `${c.name} (volumetric: images are two-dimensional here)`).join(", ");
console.info(
	`Warp conformance: ${onnx.length - skipped.length} ONNX and ${fixtures.length} PyTorch cases; skipped ${skipped.length}: ${reason}`,
);

function warpOf({ config, inputs }: TorchCase): (...tensors: tf.Tensor[]) => tf.Tensor {
	const options = { padding: config.padding_mode, alignCorners: config.align_corners };
	if (inputs.grid !== undefined) {
		return (image, grid) =>
			channelsFirst(
				gridSample(channelsLast(image as tf.Tensor), grid as tf.Tensor4D, {
					...options,
					interpolation: config.mode,
				}),
			);
	}
	if (inputs.input === undefined) {
		return (theta) =>
			affineGrid(theta as tf.Tensor3D, config.size.slice(2), { alignCorners: config.align_corners });
	}
	return (image, theta) => {
		const grid = affineGrid(theta as tf.Tensor3D, config.out_size, { alignCorners: config.align_corners });
		return channelsFirst(gridSample(channelsLast(image as tf.Tensor), grid, options));
	};
}

describeOnEveryBackend("gridSample and affineGrid against published cases", () => {
	it.skipIf(absent)("has all of its cases", () => {
		expect(planar(operators.GridSample)).toHaveLength(9);
		expect(planar(operators.AffineGrid)).toHaveLength(1);
		expect(skipped).toHaveLength(4);
		expect(fixtures).toHaveLength(19);
	});

	it.each(planar(operators.GridSample))("ONNX $name", async ({ inputs, outputs, attributes }) => {
		await expectAllClose(() => {
			const [image, grid] = inputs.map(fixtureTensor) as [tf.Tensor, tf.Tensor4D];
			const interpolation = interpolations[String(attributes.mode ?? "linear")] ?? "bilinear";
			const padding = (attributes.padding_mode ?? "zeros") as NonNullable<GridSampleOptions["padding"]>;
			const options = { interpolation, padding, alignCorners: attributes.align_corners === 1 };
			const output = channelsFirst(gridSample(channelsLast(image), grid, options));
			return [[output, outputs.map(fixtureTensor)[0] as tf.Tensor, { atol: 5e-5 }]];
		});
	});

	it.each(planar(operators.AffineGrid))("ONNX $name", async ({ inputs, outputs, attributes }) => {
		await expectAllClose(() => {
			const [theta, size] = inputs.map(fixtureTensor) as [tf.Tensor3D, tf.Tensor1D];
			const [, , height, width] = size.dataSync() as unknown as [number, number, number, number];
			const grid = affineGrid(theta, [height, width], { alignCorners: attributes.align_corners === 1 });
			return [[grid, outputs.map(fixtureTensor)[0] as tf.Tensor, { atol: 5e-5 }]];
		});
	});

	it.each(fixtures)("PyTorch $group $fixture.name, with gradients", async ({ fixture }) => {
		await expectAllClose(() => {
			const warp = warpOf(fixture);
			const names = Object.keys(fixture.grads);
			const inputs = names.map((name) =>
				fixtureTensor(fixture.inputs[name] ?? expect.fail(`no input ${name}`)),
			);
			return Object.entries(fixture.upstream).flatMap(([name, upstream]) => {
				const gradients = tf.grads(warp)(inputs, fixtureTensor(upstream));
				return [
					[warp(...inputs), fixtureTensor(fixture.outputs[name] as never), { atol: 1e-5 }],
					...gradients.map((gradient, i): Comparison => {
						const expected = fixtureTensor(fixture.grads[names[i] ?? ""] as never);
						return [gradient, expected, { atol: 1e-5, label: `gradient of ${names[i]}` }];
					}),
				];
			});
		});
	});
});
