import { backend_util } from "@tensorflow/tfjs-core";

/** The attributes that the host's convolution gradients share. */
export interface ConvolutionAttrs {
	readonly strides: [number, number] | number;
	readonly pad: "valid" | "same" | number | backend_util.ExplicitPadding;
	readonly dilations?: [number, number] | number;
	readonly dataFormat?: "NHWC" | "NCHW";
	readonly dimRoundingMode?: "floor" | "round" | "ceil";
	readonly filterShape?: [number, number, number, number];
	readonly inputShape?: [number, number, number, number];
}

/** Where one tap of a filter meets an axis: outputs `first .. last - 1` read input `out · stride + shift`. */
export interface TapRange {
	readonly first: number;
	readonly last: number;
	readonly shift: number;
}

/** The outputs whose input under this tap is inside the image; the others see padding. */
export function tapRange(shift: number, stride: number, inSize: number, outSize: number): TapRange {
	const first = Math.min(Math.max(0, Math.ceil(-shift / stride)), outSize);
	const last = Math.max(first, Math.min(outSize, Math.ceil((inSize - shift) / stride)));
	return { first, last, shift };
}

/** Calls `visit` for every tap of a convolution, counted row by row, with the outputs that it meets. */
export function forEachTap(
	info: backend_util.Conv2DInfo,
	visit: (tap: number, row: TapRange, column: TapRange) => void,
): void {
	const columns = Array.from({ length: info.filterWidth }, (_, tap) =>
		tapRange(tap * info.dilationWidth - info.padInfo.left, info.strideWidth, info.inWidth, info.outWidth),
	);
	for (let r = 0; r < info.filterHeight; r++) {
		const shift = r * info.dilationHeight - info.padInfo.top;
		const row = tapRange(shift, info.strideHeight, info.inHeight, info.outHeight);
		columns.forEach((column, s) => {
			visit(r * info.filterWidth + s, row, column);
		});
	}
}

/** Calls `visit` for every input pixel under a tap and the output pixel that sees it, over the whole batch. */
export function forEachPixel(
	info: backend_util.Conv2DInfo,
	row: TapRange,
	column: TapRange,
	visit: (inPixel: number, outPixel: number) => void,
): void {
	const { batchSize, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info;
	for (let b = 0; b < batchSize; b++) {
		for (let y = row.first; y < row.last; y++) {
			const inRow = (b * inHeight + y * strideHeight + row.shift) * inWidth + column.shift;
			const outRow = (b * outHeight + y) * outWidth;
			for (let w = column.first; w < column.last; w++) visit(inRow + w * strideWidth, outRow + w);
		}
	}
}

/** The host's shape arithmetic for a depthwise convolution. */
export function depthwiseInfo(
	inputShape: readonly number[],
	filterShape: readonly number[],
	attrs: ConvolutionAttrs,
): backend_util.Conv2DInfo {
	return backend_util.computeConv2DInfo(
		inputShape as [number, number, number, number],
		filterShape as [number, number, number, number],
		attrs.strides,
		attrs.dilations ?? 1,
		attrs.pad,
		attrs.dimRoundingMode,
		true,
	);
}
