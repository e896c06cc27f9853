import type { WasmKernel } from "../wasm-kernel.ts";
import { type ConvolutionAttrs, depthwiseInfo, forEachPixel, forEachTap } from "./convolution-attrs.ts";

/**
 * `DepthwiseConv2dNativeBackpropFilter`, which the host's wasm backend lacks. Every input channel i has its own M
 * filters, whose outputs are the channels i · M + m:
 *
 *     dFilter[r, s, i, m] = Σ_{b, y, x} input[b, y·strideY + r·dilationY - top, x·strideX + s·dilationX - left, i]
 *                                       · dy[b, y, x, i·M + m]
 */
export const depthwiseBackpropFilter: WasmKernel = {
	kernelName: "DepthwiseConv2dNativeBackpropFilter",
	run({ input, attrs, memory }) {
		const x = input("x"); // [B, H, W, I]
		const dy = input("dy"); // [B, Hout, Wout, I·M]
		const options = attrs as unknown as ConvolutionAttrs; // the host types them as an unknown record
		const shape = options.filterShape ?? [0, 0, 0, 0]; // [R, S, I, M]
		const info = depthwiseInfo(x.shape, shape, options);
		const { inChannels, outChannels } = info;
		const multiplier = shape[3];

		const output = memory.allocate(shape, "float32");
		const xs = memory.floats(x);
		const dys = memory.floats(dy);
		const result = memory.floats(output);
		const sums = new Float64Array(outChannels); // one tap; many small terms meet here
		forEachTap(info, (tap, row, column) => {
			sums.fill(0);
			forEachPixel(info, row, column, (inPixel, outPixel) => {
				const pixel = inPixel * inChannels;
				let at = outPixel * outChannels;
				for (let i = 0, o = 0; i < inChannels; i++) {
					const value = xs[pixel + i] ?? 0;
					for (let m = 0; m < multiplier; m++, o++, at++) sums[o] = (sums[o] ?? 0) + value * (dys[at] ?? 0);
				}
			});
			result.set(sums, tap * outChannels);
		});
		return output;
	},
};
