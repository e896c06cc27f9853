import type { WasmKernel } from "../wasm-kernel.ts";
import {
	type ConvolutionAttrs,
	checkFloat32,
	computeConvolution,
	convolutionInfo,
} from "./convolution-info.ts";

/**
 * `DepthwiseConv2dNativeBackpropFilter`, which the host's wasm backend lacks. Every input channel i has its own M
 * filters, whose outputs are the channels i · M + m:
 *
 *     dFilter[r, s, i, m] = Σ_{b, y, x} input[b, y·strideY + r·dilationY - top, x·strideX + s·dilationX - left, i]
 *                                       · dy[b, y, x, i·M + m]
 */
export const depthwiseBackpropFilter: WasmKernel = {
	kernelName: "DepthwiseConv2dNativeBackpropFilter",
	run({ input, attrs: given, memory, kernels }) {
		const attrs = given as unknown as ConvolutionAttrs & { readonly filterShape: number[] }; // unknown to the host's types
		const x = input("x"); // [B, H, W, I]
		const dy = input("dy"); // [B, Hout, Wout, I·M]
		const filter = attrs.filterShape; // [R, S, I, M]
		checkFloat32(this.kernelName, { x, dy });
		const shapes = { image: x.shape, filter, output: dy.shape, depthwise: true };
		const info = convolutionInfo(this.kernelName, shapes, attrs);
		return computeConvolution(memory, filter, info, kernels.depthwiseScratch, (geometry, output, scratch) => {
			kernels.depthwiseFilterGrad(geometry, memory.pointer(x), memory.pointer(dy), output, scratch);
		});
	},
};
