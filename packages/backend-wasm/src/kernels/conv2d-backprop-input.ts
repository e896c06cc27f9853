import type { WasmKernel } from "../wasm-kernel.ts";
import {
	type ConvolutionAttrs,
	checkFloat32,
	computeConvolution,
	convolutionInfo,
} from "./convolution-info.ts";

/**
 * `Conv2DBackpropInput`, the gradient of a convolution's image and `tf.conv2dTranspose`, for which the host has a scalar loop.
 *
 *     dInput[b, y·strideY + r - top, x·strideX + s - left, i] += Σ_o filter[r, s, i, o] · dy[b, y, x, o]
 *
 * One matrix product, dy · filterᵀ, in blocks of pixels, whose rows are the patches that go back to the image.
 */
export const conv2DBackpropInput: WasmKernel = {
	kernelName: "Conv2DBackpropInput",
	run({ input, attrs: given, memory, kernels, stock }) {
		const attrs = given as unknown as ConvolutionAttrs & { readonly inputShape: number[] }; // unknown to the host's types
		if (attrs.dataFormat === "NCHW") return stock();
		const dy = input("dy"); // [B, Hout, Wout, O]
		const filter = input("filter"); // [R, S, I, O]
		const image = attrs.inputShape; // [B, H, W, I]
		checkFloat32(this.kernelName, { dy, filter });
		const info = convolutionInfo(this.kernelName, { image, filter: filter.shape, output: dy.shape }, attrs);
		return computeConvolution(
			memory,
			image,
			info,
			kernels.convolutionScratch,
			(geometry, output, scratch) => {
				kernels.convolutionInputGrad(geometry, memory.pointer(dy), memory.pointer(filter), output, scratch);
			},
		);
	},
};
