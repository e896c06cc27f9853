import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import type { HostMemory } from "../host-memory.ts";

/** The attributes that the host's convolutions, their gradients and its poolings share. */
export interface ConvolutionAttrs {
	readonly strides: [number, number] | number;
	readonly pad: "valid" | "same" | number | backend_util.ExplicitPadding;
	readonly dilations?: [number, number] | number | null;
	readonly dataFormat?: "NHWC" | "NCHW";
	readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** What meets in a convolution. */
export interface ConvolutionShapes {
	/** `[B, H, W, I]`. */
	readonly image: readonly number[];
	/** `[R, S, I, O]`, or of a depthwise one `[R, S, I, M]`. */
	readonly filter: readonly number[];
	/** `[B, Hout, Wout, O]`. Default: what follows from the others. */
	readonly output?: readonly number[];
	readonly depthwise?: boolean;
}

/**
 * The host's shape arithmetic. The size of an output that is given stands, whatever follows from the attributes: the
 * host's gradients forget `dimRoundingMode`.
 *
 * @throws Error when the shapes do not fit each other, or a stride or dilation is not a positive whole number.
 */
export function convolutionInfo(
	kernelName: string,
	{ image, filter, output, depthwise = false }: ConvolutionShapes,
	{ strides, pad, dilations, dimRoundingMode }: ConvolutionAttrs,
): backend_util.Conv2DInfo {
	const fail = (expected: string): never => {
		const all = [`image [${image}]`, `filter [${filter}]`, ...(output ? [`output [${output}]`] : [])];
		throw new Error(`${kernelName}: ${all.join(", ")} do not fit: expected ${expected}.`);
	};
	if (image.length !== 4 || filter.length !== 4) fail("four axes each");
	if (image[3] !== filter[2]) fail(`as many channels in the image as in the filter, ${filter[2]}`);
	const info = backend_util.computeConv2DInfo(
		image as [number, number, number, number],
		filter as [number, number, number, number],
		strides,
		dilations ?? 1, // the layers of the host give null
		pad,
		dimRoundingMode,
		depthwise,
	);
	for (const name of ["strideHeight", "strideWidth", "dilationHeight", "dilationWidth"] as const) {
		if (Number.isInteger(info[name]) && info[name] > 0) continue;
		throw new Error(`${kernelName}: ${name} is ${info[name]}; expected a whole number above 0.`);
	}
	const { batchSize, outChannels } = info;
	const [batch = -1, outHeight = -1, outWidth = -1, channels = -1] = output ?? info.outShape;
	if (batch !== batchSize || outHeight < 0 || outWidth < 0 || channels !== outChannels) {
		fail(
			output
				? `an output [${batchSize}, height, width, ${outChannels}]`
				: "an image that is not smaller than the filter",
		);
	}
	return { ...info, outHeight, outWidth };
}

/** The tensor that a kernel computes, all of which it must write. Zeros where there is nothing to compute it from. */
export function computeConvolution(
	memory: HostMemory,
	shape: readonly number[],
	info: backend_util.Conv2DInfo,
	scratchBytes: (geometry: number) => number,
	kernel: (geometry: number, output: number, scratch: number) => void,
): TensorInfo {
	const geometry = geometryOf(info);
	return memory.allocating((allocate) => {
		const output = allocate(shape, "float32");
		if (geometry.slice(0, 9).includes(0)) {
			memory.floats(output).fill(0);
			return output;
		}
		memory.withScratch(4 * geometry.length, (at) => {
			new Int32Array(memory.wasm.buffer, at, geometry.length).set(geometry);
			memory.withScratch(scratchBytes(at) >>> 0, (scratch) => kernel(at, memory.pointer(output), scratch));
		});
		return output;
	});
}

/** The fields of `assembly/convolution/geometry.ts`, in its order; the first nine are sizes. */
function geometryOf(info: backend_util.Conv2DInfo): number[] {
	return [
		...[info.batchSize, info.inHeight, info.inWidth, info.inChannels],
		...[info.outHeight, info.outWidth, info.outChannels],
		...[info.filterHeight, info.filterWidth],
		...[info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth],
		...[info.padInfo.top, info.padInfo.left],
	];
}

/** @throws Error unless all of the tensors are float32. */
export function checkFloat32(kernelName: string, tensors: Readonly<Record<string, TensorInfo>>): void {
	for (const [name, { dtype, shape }] of Object.entries(tensors)) {
		if (dtype === "float32") continue;
		throw new Error(`${kernelName}: ${name} [${shape}] is ${dtype}; expected float32.`);
	}
}
