import type { WasmKernel } from "../wasm-kernel.ts";
import {
	type ConvolutionAttrs,
	checkFloat32,
	computeConvolution,
	convolutionInfo,
} from "./convolution-info.ts";

/**
 * `DepthwiseConv2dNativeBackpropInput`, which the host's wasm backend lacks: every output's gradient goes back to the
 * inputs that its filter saw.
 *
 *     dInput[b, y·strideY + r·dilationY - top, x·strideX + s·dilationX - left, i] += filter[r, s, i, m] · dy[b, y, x, i·M + m]
 */
export const depthwiseBackpropInput: WasmKernel = {
	kernelName: "DepthwiseConv2dNativeBackpropInput",
	run({ input, attrs: given, memory, kernels }) {
		const attrs = given as unknown as ConvolutionAttrs & { readonly inputShape: number[] }; // unknown to the host's types
		const dy = input("dy"); // [B, Hout, Wout, I·M]
		const filter = input("filter"); // [R, S, I, M]
		const image = attrs.inputShape; // [B, H, W, I]
		checkFloat32(this.kernelName, { dy, filter });
		const shapes = { image, filter: filter.shape, output: dy.shape, depthwise: true };
		const info = convolutionInfo(this.kernelName, shapes, attrs);
		return computeConvolution(memory, image, info, kernels.depthwiseScratch, (geometry, output, scratch) => {
			kernels.depthwiseInputGrad(geometry, memory.pointer(dy), memory.pointer(filter), output, scratch);
		});
	},
};
