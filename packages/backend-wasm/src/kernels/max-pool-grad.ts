import type { WasmKernel } from "../wasm-kernel.ts";
import {
	type ConvolutionAttrs,
	checkFloat32,
	computeConvolution,
	convolutionInfo,
} from "./convolution-info.ts";

/**
 * `MaxPoolGrad`: every output's gradient goes to the first largest element of its window, row by row. As on the cpu
 * backend, a NaN is never the largest, and a window without any number above -Infinity drops its gradient.
 *
 * The host's wasm kernel starts its search from 1e-38 instead of -Infinity, so that a window without a positive
 * number loses its gradient or gives it to a wrong element, and it prefers the last of equal elements where the other
 * backends prefer the first.
 */
export const maxPoolGrad: WasmKernel = {
	kernelName: "MaxPoolGrad",
	run({ input, attrs: given, memory, kernels }) {
		const attrs = given as unknown as ConvolutionAttrs & { readonly filterSize: [number, number] | number }; // unknown to the host's types
		const dy = input("dy"); // [B, Hout, Wout, C]
		const x = input("input"); // [B, H, W, C]
		checkFloat32(this.kernelName, { dy, input: x });
		const { filterSize } = attrs;
		const [rows, columns] = typeof filterSize === "number" ? [filterSize, filterSize] : filterSize;
		const channels = x.shape[3] ?? 0;
		const shapes = { image: x.shape, filter: [rows, columns, channels, channels], output: dy.shape };
		const info = convolutionInfo(this.kernelName, shapes, { ...attrs, dilations: 1 });
		return computeConvolution(
			memory,
			x.shape,
			info,
			() => 0,
			(geometry, output) => {
				kernels.maxPoolGrad(geometry, memory.pointer(x), memory.pointer(dy), output);
			},
		);
	},
};
