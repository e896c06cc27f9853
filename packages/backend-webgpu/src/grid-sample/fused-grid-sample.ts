import type {
	FusedGridSample,
	GridSampleAttributes,
	GridSampleGradInputs,
	GridSampleInputs,
	InputShapes,
} from "@heed/core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { withDevice } from "../device/device-run.ts";
import type { StorageBinding } from "../device/gpu-programs.ts";
import { type GpuProgram, groupsPerDimension, linearGroups } from "../device/gpu-programs.ts";
import { forwardBindings, forwardShader, gridGradBindings, gridGradShader } from "./grid-sample-shaders.ts";
import {
	imageGradBindings,
	imageGradShader,
	patch,
	patchBoundsBindings,
	patchBoundsShader,
} from "./image-grad-shaders.ts";
import { type GridSampleSpec, gridParameterFields } from "./tap-code.ts";

const where = "gridSample";

/** The kernels for gridSample on a WebGPU backend, forward and backward. */
export function fusedGridSample(backendName: string): FusedGridSample {
	return {
		backendName,
		unsupported,
		forward: (inputs, attributes, backend) => forward(backend as WebGPUBackend, inputs, attributes),
		backward: (inputs, attributes, backend) => backward(backend as WebGPUBackend, inputs, attributes),
	};
}

function unsupported({ image = [], grid = [], dy }: InputShapes): string | undefined {
	if (dy === undefined) return undefined;
	const squares = Math.max(squaresOf(image), squaresOf(grid));
	const most = Math.max(squares, image[0] ?? 0, Math.ceil((image[3] ?? 0) / 4));
	if (most <= groupsPerDimension) return undefined;
	return `the gradient of more than ${groupsPerDimension} images, squares of ${patch} × ${patch} pixels, or groups of 4 channels is not fused`;
}

const squaresOf = ([, height = 0, width = 0]: readonly number[]): number =>
	Math.ceil(height / patch) * Math.ceil(width / patch);

function forward(
	backend: WebGPUBackend,
	{ image, grid }: GridSampleInputs,
	attributes: GridSampleAttributes,
): TensorInfo[] {
	const { spec, data } = problem(image, grid, attributes);
	const shape = [...grid.shape.slice(0, 3), image.shape[3]];
	return withDevice(backend, where, { image, grid }, (run) => {
		const output = run.result("output", shape);
		const program = named("gridSample", spec, forwardBindings(spec), () => forwardShader(spec));
		const groups = linearGroups(elements(shape, spec), 64);
		run.dispatch(program, [grid, image, output], run.uniform(data), groups);
		return [output];
	});
}

function backward(
	backend: WebGPUBackend,
	{ dy, image, grid }: GridSampleGradInputs,
	attributes: GridSampleAttributes,
): TensorInfo[] {
	const { spec, data } = problem(image, grid, attributes);
	const [batch, , , channels] = image.shape;
	return withDevice(backend, where, { image, grid, dy }, (run) => {
		const [dImage, dGrid] = [run.result("dImage", image.shape), run.result("dGrid", grid.shape)];
		const bounds = run.scratch("reach of the points", [batch, squaresOf(grid.shape), 4]);
		const uniform = run.uniform(data);
		const gridGrad = named("gridSample grid gradient", spec, gridGradBindings(spec), () =>
			gridGradShader(spec),
		);
		run.dispatch(gridGrad, [grid, image, dy, dGrid], uniform, linearGroups(grid.size / 2, 64));
		const patchBounds = named("gridSample reach", spec, patchBoundsBindings(), () => patchBoundsShader(spec));
		run.dispatch(patchBounds, [grid, bounds], uniform, [squaresOf(grid.shape), batch, 1]);
		const pixels = spec.whole ? channels / 4 : channels;
		const block = Math.min(4, 2 ** Math.ceil(Math.log2(pixels)));
		const imageGrad = named("gridSample image gradient", { ...spec, block }, imageGradBindings(spec), () =>
			imageGradShader(spec, block),
		);
		const groups = [squaresOf(image.shape), Math.ceil(pixels / block), batch] as const;
		run.dispatch(imageGrad, [grid, dy, bounds, dImage], uniform, groups);
		return [dImage, dGrid];
	});
}

function problem(
	{ shape: [batch, height, width, channels] }: GridSampleInputs["image"],
	{ shape: [, outHeight, outWidth] }: GridSampleInputs["grid"],
	{ interpolation, padding, alignCorners }: GridSampleAttributes,
): { readonly spec: GridSampleSpec; readonly data: ArrayBuffer } {
	const spec = { interpolation, padding, alignCorners, whole: channels % 4 === 0 };
	const data = new Uint32Array(gridParameterFields);
	data.set([batch, height, width, spec.whole ? channels / 4 : channels, outHeight, outWidth]);
	data.set([Math.ceil(outHeight / patch), Math.ceil(outWidth / patch)], 6);
	return { spec, data: data.buffer };
}

function elements(shape: readonly number[], { whole }: GridSampleSpec): number {
	return shape.reduce((product, size) => product * size, 1) / (whole ? 4 : 1);
}

function named(
	name: string,
	spec: object,
	bindings: readonly StorageBinding[],
	source: () => string,
): GpuProgram {
	return { name, key: `${name} ${JSON.stringify(spec)}`, bindings, source };
}
