import type { WasmKernel } from "../wasm-kernel.ts";
import {
	type ConvolutionAttrs,
	checkFloat32,
	computeConvolution,
	convolutionInfo,
} from "./convolution-info.ts";

/**
 * `Conv2DBackpropFilter`, which the host's wasm backend lacks: the gradient of a convolution's filter.
 *
 *     dFilter[r, s, i, o] = Σ_{b, y, x} input[b, y·strideY + r - top, x·strideX + s - left, i] · dy[b, y, x, o]
 *
 * One matrix product, patchesᵀ · dy, in blocks of pixels: the extra memory is that of one block.
 */
export const conv2DBackpropFilter: WasmKernel = {
	kernelName: "Conv2DBackpropFilter",
	run({ input, attrs: given, memory, kernels, stock }) {
		const attrs = given as unknown as ConvolutionAttrs & { readonly filterShape: number[] }; // unknown to the host's types
		if (attrs.dataFormat === "NCHW") return stock(); // which says that there is none
		const x = input("x"); // [B, H, W, I]
		const dy = input("dy"); // [B, Hout, Wout, O]
		const filter = attrs.filterShape; // [R, S, I, O]
		checkFloat32(this.kernelName, { x, dy });
		const info = convolutionInfo(this.kernelName, { image: x.shape, filter, output: dy.shape }, attrs);
		return computeConvolution(
			memory,
			filter,
			info,
			kernels.convolutionScratch,
			(geometry, output, scratch) => {
				kernels.convolutionFilterGrad(geometry, memory.pointer(x), memory.pointer(dy), output, scratch);
			},
		);
	},
};
