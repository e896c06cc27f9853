// Images as matrices: a patch is what one output pixel sees, a row [filterHeight, filterWidth, inChannels].

import { addRuns, copyRuns, zeroRuns } from "../runs";
import { Geometry } from "./geometry";

/** Writes the patches of output pixels `first .. first + count - 1`, zero where they see padding. */
export function gatherPatches(geometry: Geometry, image: usize, first: i32, count: i32, to: usize): void {
	const patchBytes = <usize>geometry.patch << 2;
	for (const end = first + count; first < end; ) {
		const x = first % geometry.outWidth;
		const some = min(geometry.outWidth - x, end - first);
		gatherRow(geometry, image, first / geometry.outWidth, x, some, to, patchBytes);
		first += some;
		to += <usize>some * patchBytes;
	}
}

/** Adds patches to the image that they were taken from. */
export function scatterPatches(geometry: Geometry, patches: usize, first: i32, count: i32, image: usize): void {
	const patchBytes = <usize>geometry.patch << 2;
	for (const end = first + count; first < end; ) {
		const x = first % geometry.outWidth;
		const some = min(geometry.outWidth - x, end - first);
		scatterRow(geometry, patches, first / geometry.outWidth, x, some, image, patchBytes);
		first += some;
		patches += <usize>some * patchBytes;
	}
}

/** Patches of neighbours in one row of the output; rows are counted over the whole batch. */
function gatherRow(
	geometry: Geometry,
	image: usize,
	outRow: i32,
	x: i32,
	count: i32,
	to: usize,
	patchBytes: usize,
): void {
	const height = geometry.inHeight;
	const width = geometry.inWidth;
	const taps = geometry.filterWidth;
	const stride = geometry.strideWidth;
	const pixelBytes = <usize>geometry.inChannels << 2;
	const rowBytes = <usize>taps * pixelBytes;
	const item = image + <usize>(outRow / geometry.outHeight) * <usize>height * <usize>width * pixelBytes;
	let row = (outRow % geometry.outHeight) * geometry.strideHeight - geometry.top;
	for (let r = 0; r < geometry.filterHeight; r++, row++, to += rowBytes) {
		if (<u32>row >= <u32>height) {
			zeroRuns(to, patchBytes, rowBytes, count);
			continue;
		}
		const line = item + <usize>(row * width) * pixelBytes;
		let left = x * stride - geometry.left;
		let target = to;
		let i = 0;
		while (i < count) {
			if (left >= 0 && left + taps <= width) {
				// From here on, as many as see no padding.
				const inside = min(count - i, (width - taps - left) / stride + 1);
				copyRuns(line + <usize>left * pixelBytes, <usize>stride * pixelBytes, target, patchBytes, rowBytes, inside);
				i += inside;
				left += inside * stride;
				target += <usize>inside * patchBytes;
				continue;
			}
			const from = min(max(0, -left), taps);
			const end = max(from, min(taps, width - left));
			zeroRuns(target, 0, <usize>from * pixelBytes, 1);
			copyRuns(line + <usize>(left + from) * pixelBytes, 0, target + <usize>from * pixelBytes, 0, <usize>(end - from) * pixelBytes, 1);
			zeroRuns(target + <usize>end * pixelBytes, 0, <usize>(taps - end) * pixelBytes, 1);
			i++;
			left += stride;
			target += patchBytes;
		}
	}
}

function scatterRow(
	geometry: Geometry,
	patches: usize,
	outRow: i32,
	x: i32,
	count: i32,
	image: usize,
	patchBytes: usize,
): void {
	const height = geometry.inHeight;
	const width = geometry.inWidth;
	const taps = geometry.filterWidth;
	const stride = geometry.strideWidth;
	const pixelBytes = <usize>geometry.inChannels << 2;
	const rowBytes = <usize>taps * pixelBytes;
	const item = image + <usize>(outRow / geometry.outHeight) * <usize>height * <usize>width * pixelBytes;
	let row = (outRow % geometry.outHeight) * geometry.strideHeight - geometry.top;
	for (let r = 0; r < geometry.filterHeight; r++, row++, patches += rowBytes) {
		if (<u32>row >= <u32>height) continue;
		const line = item + <usize>(row * width) * pixelBytes;
		let left = x * stride - geometry.left;
		let source = patches;
		let i = 0;
		while (i < count) {
			if (left >= 0 && left + taps <= width) {
				const inside = min(count - i, (width - taps - left) / stride + 1);
				addRuns(source, patchBytes, line + <usize>left * pixelBytes, <usize>stride * pixelBytes, rowBytes, inside);
				i += inside;
				left += inside * stride;
				source += <usize>inside * patchBytes;
				continue;
			}
			const from = min(max(0, -left), taps);
			const end = max(from, min(taps, width - left));
			addRuns(source + <usize>from * pixelBytes, 0, line + <usize>(left + from) * pixelBytes, 0, <usize>(end - from) * pixelBytes, 1);
			i++;
			left += stride;
			source += patchBytes;
		}
	}
}
