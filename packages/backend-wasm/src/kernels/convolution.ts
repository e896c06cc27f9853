import type { backend_util, TensorInfo } from "@tensorflow/tfjs-core";
import type { HostMemory } from "../host-memory.ts";
import type { WasmKernel } from "../wasm-kernel.ts";
import { type ConvolutionAttrs, computeConvolution, convolutionInfo } from "./convolution-info.ts";
import { compiledActivations } from "./fused-mat-mul.ts";

/** The attributes of the fused ones. */
interface FusedAttrs extends ConvolutionAttrs {
	readonly activation?: string;
	readonly leakyreluAlpha?: number;
}

/** The activations that run in a kernel of the host afterwards. */
const hostActivations: Readonly<Record<string, string>> = { elu: "Elu", prelu: "Prelu" };

/**
 * The forward convolutions, where the host's are slower or wrong:
 *
 *     output[b, y, x, o] = activation(bias[o] + Σ_{r, s, i} filter[r, s, i, o]
 *                                               · input[b, y·strideY + r·dilationY - top, x·strideX + s·dilationX - left, i])
 *
 * Slower: from 16 output channels on by up to a fifth, and by more where the filter is a new one, which the host packs first:
 * in training it always is. Depthwise by up to a half, and with a multiplier or a long filter several times.
 *
 * Wrong: with the padding `same` and strides beyond the filter; and where the host's library counts other outputs than the
 * op does, because of a number as padding for a filter that is not square or of `dimRoundingMode`: then it writes outside of
 * its output, or leaves a part of it unwritten.
 */
function convolution(kernelName: string, depthwise: boolean): WasmKernel {
	return {
		kernelName,
		run({ input, inputs, attrs: given, memory, kernels, stock, host }) {
			const attrs = given as unknown as FusedAttrs; // the host types them as an unknown record
			const x = input("x"); // [B, H, W, I]
			const filter = input("filter"); // [R, S, I, O], or [R, S, I, M]
			const { bias, preluActivationWeights: slopes } = inputs; // [O] each
			const activation = attrs.activation ?? "linear";
			const later = hostActivations[activation];
			const known = activation in compiledActivations || later !== undefined;
			if (!known || attrs.dataFormat === "NCHW" || !isPlain(x, filter)) return stock();
			const info = convolutionInfo(kernelName, { image: x.shape, filter: filter.shape, depthwise }, attrs);
			const perChannel = [bias, slopes].every((of) => of === undefined || isVector(of, info.outChannels));
			if (!perChannel || (activation === "prelu" && slopes === undefined)) return stock();
			if (hostIsRight(info) && hostIsFaster(memory, info, depthwise)) return stock();

			const scratchBytes = depthwise ? kernels.depthwiseScratch : kernels.convolutionScratch;
			const kernel = depthwise ? kernels.depthwise : kernels.convolution;
			const output = computeConvolution(
				memory,
				info.outShape,
				info,
				scratchBytes,
				(geometry, to, scratch) => {
					kernel(
						geometry,
						memory.pointer(x),
						memory.pointer(filter),
						bias === undefined ? 0 : memory.pointer(bias),
						compiledActivations[activation] ?? 0,
						attrs.leakyreluAlpha ?? 0,
						to,
						scratch,
					);
				},
			);
			if (later === undefined) return output;
			try {
				return host(later, { x: output, ...(slopes !== undefined && { alpha: slopes }) }, {});
			} finally {
				memory.free(output);
			}
		},
	};
}

export const conv2D: WasmKernel = convolution("Conv2D", false);
export const fusedConv2D: WasmKernel = convolution("FusedConv2D", false);
export const depthwiseConv2D: WasmKernel = convolution("DepthwiseConv2dNative", true);
export const fusedDepthwiseConv2D: WasmKernel = convolution("FusedDepthwiseConv2D", true);

/** Whether there is something to compute from; wrong types are the host's to complain about. */
function isPlain(x: TensorInfo, filter: TensorInfo): boolean {
	const floats = x.dtype === "float32" && filter.dtype === "float32";
	return floats && !x.shape.includes(0) && !filter.shape.includes(0);
}

/** Whether there is one number for each channel. */
function isVector({ dtype, shape }: TensorInfo, channels: number): boolean {
	return dtype === "float32" && shape.length === 1 && shape[0] === channels;
}

function hostIsFaster(memory: HostMemory, info: backend_util.Conv2DInfo, depthwise: boolean): boolean {
	// Its threaded build. Ours is one thread.
	if (typeof SharedArrayBuffer === "function" && memory.wasm.buffer instanceof SharedArrayBuffer) return true;
	return info.outChannels < (depthwise ? 4 : 16);
}

/** Whether the host's library, which counts the outputs anew, comes to the same number along both axes. */
function hostIsRight(info: backend_util.Conv2DInfo): boolean {
	if (info.outShape.includes(0)) return false; // it writes a pixel nevertheless
	const { padInfo } = info;
	// What the last window leaves of the padded image.
	const rows =
		info.inHeight +
		padInfo.top +
		padInfo.bottom -
		info.effectiveFilterHeight -
		(info.outHeight - 1) * info.strideHeight;
	const columns =
		info.inWidth +
		padInfo.left +
		padInfo.right -
		info.effectiveFilterWidth -
		(info.outWidth - 1) * info.strideWidth;
	// For 'same' it computes the padding too, and goes wrong where there is nothing to pad but something to leave out.
	if (padInfo.type === "SAME") return rows === 0 && columns === 0;
	return rows >= 0 && rows < info.strideHeight && columns >= 0 && columns < info.strideWidth;
}
