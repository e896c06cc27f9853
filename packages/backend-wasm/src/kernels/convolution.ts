import type { backend_util, TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelRun, WasmKernel } from "../wasm-kernel.ts";
import { type ConvolutionAttrs, computeConvolution, convolutionInfo } from "./convolution-info.ts";
import { compiledActivations } from "./fused-mat-mul.ts";

/** The attributes of the fused ones. */
interface FusedAttrs extends ConvolutionAttrs {
	readonly activation?: string;
	readonly leakyreluAlpha?: number;
}

/**
 * The forward convolutions, where the host's are slower or wrong:
 *
 *     y[b, y, x, o] = activation(Σ_{r, s, i} input[b, y·strideY + r·dilationY - top, x·strideX + …, i] · filter[r, s, i, o] + bias[o])
 *
 * Slower: from 16 output channels on, by a fifth, and by half where the filter is a new one, which the host packs first; of
 * depthwise ones, those with a multiplier or another filter than 3 × 3 or 5 × 5 (two to seven times).
 *
 * Wrong: where the stride is greater than the filter and the padding `same`; and where the host's library counts other outputs
 * than the op does (a number as padding for a filter that is not square, `dimRoundingMode` `ceil`), so that it writes behind
 * its output or leaves a part of it unwritten.
 */
function convolution(kernelName: string, depthwise: boolean): WasmKernel {
	return {
		kernelName,
		run(run) {
			const { input, inputs, attrs: given, memory, kernels, stock } = run;
			const attrs = given as unknown as FusedAttrs; // the host types them as an unknown record
			const x = input("x"); // [B, H, W, I]
			const filter = input("filter"); // [R, S, I, O], or [R, S, I, M]
			const { bias } = inputs; // [O]
			const activation = compiledActivations[attrs.activation ?? "linear"];
			if (activation === undefined || attrs.dataFormat === "NCHW" || !isPlain(x, filter)) return stock();
			const info = convolutionInfo(kernelName, { image: x.shape, filter: filter.shape, depthwise }, attrs);
			const { outChannels, outShape } = info;
			if (bias !== undefined && !(bias.dtype === "float32" && bias.shape.join() === String(outChannels)))
				return stock();
			if (hostIsRight(info) && hostIsFaster(run, info, depthwise)) return stock();
			const scratchBytes = depthwise ? kernels.depthwiseScratch : kernels.convolutionScratch;
			const kernel = depthwise ? kernels.depthwise : kernels.convolution;
			return computeConvolution(memory, outShape, info, scratchBytes, (geometry, output, scratch) => {
				kernel(
					geometry,
					memory.pointer(x),
					memory.pointer(filter),
					bias === undefined ? 0 : memory.pointer(bias),
					activation,
					attrs.leakyreluAlpha ?? 0,
					output,
					scratch,
				);
			});
		},
	};
}

export const conv2D: WasmKernel = convolution("Conv2D", false);
export const fusedConv2D: WasmKernel = convolution("FusedConv2D", false);
export const depthwiseConv2D: WasmKernel = convolution("DepthwiseConv2dNative", true);
export const fusedDepthwiseConv2D: WasmKernel = convolution("FusedDepthwiseConv2D", true);

/** Whether there is something to compute; wrong types are the host's to complain about. */
function isPlain(x: TensorInfo, filter: TensorInfo): boolean {
	return (
		x.dtype === "float32" && filter.dtype === "float32" && !x.shape.includes(0) && !filter.shape.includes(0)
	);
}

function hostIsFaster({ memory }: KernelRun, info: backend_util.Conv2DInfo, depthwise: boolean): boolean {
	// The host's threaded build, of which we are one thread.
	if (typeof SharedArrayBuffer === "function" && memory.wasm.buffer instanceof SharedArrayBuffer) return true;
	return depthwise ? info.outChannels < 4 : info.outChannels < 16;
}

/** Whether the host's library, which counts the outputs anew, comes to the same number along both axes. */
function hostIsRight(info: backend_util.Conv2DInfo): boolean {
	if (info.outShape.includes(0)) return false; // it writes a pixel nevertheless
	const { padInfo, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info;
	const rest = (inSize: number, outSize: number, stride: number, filter: number, padding: number): number =>
		inSize + padding - filter - (outSize - 1) * stride;
	const rows = rest(
		inHeight,
		outHeight,
		strideHeight,
		info.effectiveFilterHeight,
		padInfo.top + padInfo.bottom,
	);
	const columns = rest(
		inWidth,
		outWidth,
		strideWidth,
		info.effectiveFilterWidth,
		padInfo.left + padInfo.right,
	);
	// For 'same' it computes the padding too, and goes wrong where there is nothing to pad but something to leave out.
	if (padInfo.type === "SAME") return rows === 0 && columns === 0;
	return rows >= 0 && rows < strideHeight && columns >= 0 && columns < strideWidth;
}
