import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import type { HostMemory } from "../host-memory.ts";
import type { WasmKernel } from "../wasm-kernel.ts";
import { type ConvolutionAttrs, forEachTap, type TapRange } from "./convolution-attrs.ts";
import { copyRun } from "./copy-region.ts";

/**
 * `Conv2DBackpropFilter`, which the host's wasm backend lacks: the gradient of a convolution's filter.
 *
 *     dFilter[r, s, i, o] = Σ_{b, y, x} input[b, y·strideY + r - top, x·strideX + s - left, i] · dy[b, y, x, o]
 *
 * For each tap (r, s) this is one matrix product, over all P = batch · outHeight · outWidth pixels:
 *
 *     dFilter[r, s] [I, O] = pixels under the tap [P, I]ᵀ · dy [P, O]
 *
 * so the extra memory is that of one input, not of one input for each tap.
 */
export const conv2DBackpropFilter: WasmKernel = {
	kernelName: "Conv2DBackpropFilter",
	run({ input, attrs: given, memory, host, stock }) {
		const attrs = given as unknown as ConvolutionAttrs; // the host types them as an unknown record
		if (attrs.dataFormat === "NCHW") return stock(); // which says that there is none
		const x = input("x"); // [B, H, W, I]
		const dy = input("dy"); // [B, Hout, Wout, O]
		const shape = attrs.filterShape ?? [0, 0, 0, 0]; // [R, S, I, O]
		const info = backend_util.computeConv2DInfo(
			x.shape as [number, number, number, number],
			shape,
			attrs.strides,
			1, // the host's gradient knows no dilation
			attrs.pad,
			attrs.dimRoundingMode,
		);
		const { batchSize, outHeight, outWidth, inChannels, outChannels } = info;
		const pixels = batchSize * outHeight * outWidth;
		const output = memory.allocate(shape, "float32");
		if (pixels * inChannels * outChannels === 0) {
			memory.floats(output).fill(0);
			return output;
		}
		// One handle for all taps: the host packs a right operand once for each handle.
		const right = memory.share(dy, [pixels, outChannels]);
		const tapPixels = memory.allocate([pixels, inChannels], "float32");
		forEachTap(info, (tap, row, column) => {
			takePixels(memory, x, tapPixels, info, row, column);
			const turned = host("Transpose", { x: tapPixels }, { perm: [1, 0] }); // [I, P]
			const product = host("BatchMatMul", { a: turned, b: right }, { transposeA: false, transposeB: false }); // [I, O]
			memory.floats(output).set(memory.floats(product), tap * inChannels * outChannels);
			memory.free(product);
			memory.free(turned);
		});
		memory.free(tapPixels);
		memory.free(right);
		return output;
	},
};

/** Writes what every output pixel sees under one tap, zeros where that is padding. */
function takePixels(
	memory: HostMemory,
	x: TensorInfo,
	target: TensorInfo, // [P, I]
	info: backend_util.Conv2DInfo,
	row: TapRange,
	column: TapRange,
): void {
	const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth } = info;
	const from = memory.floats(x);
	const to = memory.floats(target);
	to.fill(0);
	for (let b = 0; b < batchSize; b++) {
		for (let y = row.first; y < row.last; y++) {
			const inRow = (b * inHeight + y * strideHeight + row.shift) * inWidth + column.shift;
			const outRow = (b * outHeight + y) * outWidth;
			if (strideWidth === 1) {
				const run = (column.last - column.first) * inChannels;
				copyRun(from, (inRow + column.first) * inChannels, to, (outRow + column.first) * inChannels, run);
				continue;
			}
			for (let w = column.first; w < column.last; w++) {
				copyRun(from, (inRow + w * strideWidth) * inChannels, to, (outRow + w) * inChannels, inChannels);
			}
		}
	}
}
