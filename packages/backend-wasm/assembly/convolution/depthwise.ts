// Depthwise convolutions and their gradients. Every input channel has M filters of its own, whose outputs are the M channels
// i · M .. i · M + M - 1. With M > 1 an image is first repeated M times channel by channel, or its gradient at last folded, so
// that image, filter and output have the same channels and everything runs along these.

import { biasAndActivate } from "../activate";
import { repeat } from "../repeat";
import { zeroRuns } from "../runs";
import { addProductSums, addProducts } from "./channels";
import { Geometry } from "./geometry";

/** Bytes of scratch that each of the three needs: an image with the channels of the output. */
export function depthwiseScratch(pointer: usize): usize {
	const geometry = changetype<Geometry>(pointer);
	return geometry.repeats == 1 ? 0 : geometry.itemBytes * <usize>geometry.repeats;
}

/** y[.., c] = activation(Σ filter[r, s, c] · x[.., c] + bias[c]) over the taps that see no padding; `bias` is 0 for none. */
export function depthwise(
	pointer: usize,
	x: usize,
	filter: usize,
	bias: usize,
	activation: i32,
	alpha: f32,
	y: usize,
	scratch: usize,
): void {
	const geometry = changetype<Geometry>(pointer);
	const outBytes = (<usize>geometry.outChannels) << 2;
	const outLine = <usize>geometry.outWidth * outBytes;
	const inLine = <usize>geometry.inWidth * outBytes;
	for (let b = 0; b < geometry.batch; b++, x += geometry.itemBytes) {
		const image = repeatedImage(geometry, x, scratch);
		for (let row = 0; row < geometry.outHeight; row++, y += outLine) {
			zeroRuns(y, 0, outLine, 1);
			for (let r = 0; r < geometry.filterHeight; r++) {
				const inRow = row * geometry.strideHeight + r * geometry.dilationHeight - geometry.top;
				if (<u32>inRow >= <u32>geometry.inHeight) continue;
				const taps = filter + <usize>(r * geometry.filterWidth) * outBytes;
				meet(geometry, image + <usize>inRow * inLine, y, taps, intoOutput);
			}
			if (bias != 0 || activation != 0) {
				biasAndActivate(y, geometry.outWidth, geometry.outChannels, bias, activation, alpha);
			}
		}
	}
}

/** dFilter[r, s, c] = Σ x[.., c] · dy[.., c] over the output pixels that see no padding under the tap. */
export function depthwiseFilterGrad(
	pointer: usize,
	x: usize,
	dy: usize,
	dFilter: usize,
	scratch: usize,
): void {
	const geometry = changetype<Geometry>(pointer);
	const outBytes = (<usize>geometry.outChannels) << 2;
	const outLine = <usize>geometry.outWidth * outBytes;
	const inLine = <usize>geometry.inWidth * outBytes;
	memory.fill(dFilter, 0, <usize>(geometry.filterHeight * geometry.filterWidth) * outBytes);
	for (let b = 0; b < geometry.batch; b++, x += geometry.itemBytes) {
		const image = repeatedImage(geometry, x, scratch);
		for (let row = 0; row < geometry.outHeight; row++, dy += outLine) {
			for (let r = 0; r < geometry.filterHeight; r++) {
				const inRow = row * geometry.strideHeight + r * geometry.dilationHeight - geometry.top;
				if (<u32>inRow >= <u32>geometry.inHeight) continue;
				const taps = dFilter + <usize>(r * geometry.filterWidth) * outBytes;
				meet(geometry, image + <usize>inRow * inLine, dy, taps, intoFilter);
			}
		}
	}
}

/** dx[.., c] = Σ filter[r, s, c] · dy[.., c] over the output pixels that see the input pixel, line by line. */
export function depthwiseInputGrad(
	pointer: usize,
	dy: usize,
	filter: usize,
	dx: usize,
	scratch: usize,
): void {
	const geometry = changetype<Geometry>(pointer);
	const outBytes = (<usize>geometry.outChannels) << 2;
	const outLine = <usize>geometry.outWidth * outBytes;
	const inLine = <usize>geometry.inWidth * ((<usize>geometry.inChannels) << 2);
	const line = geometry.repeats > 1 ? scratch : 0;
	for (let b = 0; b < geometry.batch; b++, dy += <usize>geometry.outHeight * outLine) {
		for (let inRow = 0; inRow < geometry.inHeight; inRow++, dx += inLine) {
			const target = line == 0 ? dx : line;
			zeroRuns(target, 0, <usize>geometry.inWidth * outBytes, 1);
			for (let r = 0; r < geometry.filterHeight; r++) {
				const from = inRow + geometry.top - r * geometry.dilationHeight;
				const row = from / geometry.strideHeight;
				if (from < 0 || row >= geometry.outHeight || row * geometry.strideHeight != from) continue;
				const taps = filter + <usize>(r * geometry.filterWidth) * outBytes;
				meet(geometry, target, dy + <usize>row * outLine, taps, intoImage);
			}
			if (line != 0) fold(line, geometry.inWidth * geometry.inChannels, geometry.repeats, dx);
		}
	}
}

const intoOutput: i32 = 0;
const intoFilter: i32 = 1;
const intoImage: i32 = 2;

/** A line of the image meets a line of the output under a row of taps; the third is what the two others add to. */
function meet(geometry: Geometry, line: usize, outLine: usize, tap: usize, into: i32): void {
	const channels = geometry.outChannels;
	const bytes = (<usize>channels) << 2;
	const stride = geometry.strideWidth;
	const step = <usize>stride * bytes;
	for (let s = 0; s < geometry.filterWidth; s++, tap += bytes) {
		// The columns first .. first + count - 1 of the output see no padding.
		const shift = s * geometry.dilationWidth - geometry.left;
		const first = shift >= 0 ? 0 : (stride - 1 - shift) / stride;
		const room = geometry.inWidth - shift;
		const count = room <= 0 ? 0 : min(geometry.outWidth, (room - 1) / stride + 1) - first;
		if (count <= 0) continue;
		const pixels = line + <usize>(first * stride + shift) * bytes;
		const out = outLine + <usize>first * bytes;
		if (into == intoOutput) addProducts(tap, pixels, step, count, channels, out, bytes);
		else if (into == intoFilter) addProductSums(pixels, step, out, bytes, count, channels, tap);
		else addProducts(tap, out, bytes, count, channels, pixels, step);
	}
}

/** An image with the channels of the output. */
function repeatedImage(geometry: Geometry, image: usize, scratch: usize): usize {
	if (geometry.repeats == 1) return image;
	repeat(image, geometry.inHeight * geometry.inWidth * geometry.inChannels, 4, geometry.repeats, scratch);
	return scratch;
}

/** `to[i] = Σ_m from[i · times + m]`. */
function fold(from: usize, count: i32, times: i32, to: usize): void {
	for (let i = 0; i < count; i++, to += 4) {
		let sum: f32 = 0;
		for (let m = 0; m < times; m++, from += 4) sum += load<f32>(from);
		store<f32>(to, sum);
	}
}
