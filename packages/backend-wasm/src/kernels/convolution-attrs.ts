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

/** All tap ranges of a convolution, by filter row and by filter column. */
export function tapRanges(info: backend_util.Conv2DInfo): { rows: TapRange[]; columns: TapRange[] } {
	const rows = Array.from({ length: info.filterHeight }, (_, tap) =>
		tapRange(tap * info.dilationHeight - info.padInfo.top, info.strideHeight, info.inHeight, info.outHeight),
	);
	const columns = Array.from({ length: info.filterWidth }, (_, tap) =>
		tapRange(tap * info.dilationWidth - info.padInfo.left, info.strideWidth, info.inWidth, info.outWidth),
	);
	return { rows, columns };
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
