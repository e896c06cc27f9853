import type { WasmKernel } from "../wasm-kernel.ts";
import { type ConvolutionAttrs, depthwiseInfo, forEachPixel, forEachTap } from "./convolution-attrs.ts";

/**
 * `DepthwiseConv2dNativeBackpropInput`, which the host's wasm backend lacks: every output's gradient goes back to the
 * inputs that its filter saw.
 *
 *     dInput[b, y·strideY + r·dilationY - top, x·strideX + s·dilationX - left, i] += filter[r, s, i, m] · dy[b, y, x, i·M + m]
 */
export const depthwiseBackpropInput: WasmKernel = {
	kernelName: "DepthwiseConv2dNativeBackpropInput",
	run({ input, attrs, memory }) {
		const dy = input("dy"); // [B, Hout, Wout, I·M]
		const filter = input("filter"); // [R, S, I, M]
		const options = attrs as unknown as ConvolutionAttrs; // the host types them as an unknown record
		const shape = options.inputShape ?? [0, 0, 0, 0]; // [B, H, W, I]
		const info = depthwiseInfo(shape, filter.shape, options);
		const { inChannels, outChannels } = info;
		const multiplier = filter.shape[3] ?? 1;

		const output = memory.allocate(shape, "float32");
		const dys = memory.floats(dy);
		const taps = memory.floats(filter);
		const result = memory.floats(output);
		result.fill(0);
		forEachTap(info, (tap, row, column) => {
			forEachPixel(info, row, column, (inPixel, outPixel) => {
				const pixel = inPixel * inChannels;
				let at = outPixel * outChannels;
				for (let i = 0, o = tap * outChannels; i < inChannels; i++) {
					let sum = 0;
					for (let m = 0; m < multiplier; m++, o++, at++) sum += (taps[o] ?? 0) * (dys[at] ?? 0);
					result[pixel + i] = (result[pixel + i] ?? 0) + sum;
				}
			});
		});
		return output;
	},
};
