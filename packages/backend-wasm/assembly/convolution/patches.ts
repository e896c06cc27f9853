// Images as matrices: a patch is what one output pixel sees, a row [filterHeight, filterWidth, inChannels].

import { addRuns, copyRuns, zeroRuns } from "../runs";
import { Geometry } from "./geometry";

/** Writes the patches of output pixels `first .. first + count - 1`, counted over the batch; zero where they see padding. */
export function gatherPatches(
	geometry: Geometry,
	image: usize,
	first: i32,
	count: i32,
	patches: usize,
): void {
	visitPatches(geometry, image, first, count, patches, false);
}

/** Adds patches to the image, each number where the pixel saw it; what it saw as padding is dropped. */
export function scatterPatches(
	geometry: Geometry,
	image: usize,
	first: i32,
	count: i32,
	patches: usize,
): void {
	visitPatches(geometry, image, first, count, patches, true);
}

function visitPatches(
	geometry: Geometry,
	image: usize,
	first: i32,
	count: i32,
	patches: usize,
	scatter: bool,
): void {
	const patchBytes = (<usize>geometry.patch) << 2;
	for (const end = first + count; first < end; ) {
		const x = first % geometry.outWidth;
		const row = first / geometry.outWidth;
		const item = image + <usize>(row / geometry.outHeight) * geometry.itemBytes;
		const some = min(geometry.outWidth - x, end - first);
		visitRow(geometry, item, row % geometry.outHeight, x, some, patches, scatter);
		first += some;
		patches += <usize>some * patchBytes;
	}
}

/** Patches of neighbours in one row of the output. Taps that are neighbours in the image too are moved as one run. */
function visitRow(
	geometry: Geometry,
	item: usize,
	y: i32,
	x: i32,
	count: i32,
	patches: usize,
	scatter: bool,
): void {
	const pixelBytes = (<usize>geometry.inChannels) << 2;
	const taps = geometry.dilationWidth == 1 ? geometry.filterWidth : 1;
	const runBytes = <usize>taps * pixelBytes;
	let row = y * geometry.strideHeight - geometry.top;
	for (let r = 0; r < geometry.filterHeight; r++, row += geometry.dilationHeight) {
		const line = item + <usize>row * <usize>geometry.inWidth * pixelBytes;
		let left = x * geometry.strideWidth - geometry.left;
		for (
			let s = 0;
			s < geometry.filterWidth;
			s += taps, left += geometry.dilationWidth, patches += runBytes
		) {
			if (<u32>row < <u32>geometry.inHeight) visitRuns(geometry, line, left, taps, count, patches, scatter);
			else if (!scatter) zeroRuns(patches, (<usize>geometry.patch) << 2, runBytes, count);
		}
	}
}

/** One run of taps for `count` neighbours, the first of which sees the pixels `left ..` of a line. */
function visitRuns(
	geometry: Geometry,
	line: usize,
	left: i32,
	taps: i32,
	count: i32,
	patches: usize,
	scatter: bool,
): void {
	const pixelBytes = (<usize>geometry.inChannels) << 2;
	const patchBytes = (<usize>geometry.patch) << 2;
	const stride = geometry.strideWidth;
	const room = geometry.inWidth - taps;
	while (count > 0) {
		let some = 1;
		let from = 0;
		let end = taps;
		if (left >= 0 && left <= room) {
			some = min(count, (room - left) / stride + 1); // as many as see no padding
		} else {
			from = min(max(0, -left), taps);
			end = max(from, min(taps, geometry.inWidth - left));
			if (!scatter) {
				zeroRuns(patches, 0, <usize>from * pixelBytes, 1);
				zeroRuns(patches + <usize>end * pixelBytes, 0, <usize>(taps - end) * pixelBytes, 1);
			}
		}
		const pixels = line + <usize>(left + from) * pixelBytes;
		const inPatch = patches + <usize>from * pixelBytes;
		const bytes = <usize>(end - from) * pixelBytes;
		if (scatter) addRuns(inPatch, patchBytes, pixels, <usize>stride * pixelBytes, bytes, some);
		else copyRuns(pixels, <usize>stride * pixelBytes, inPatch, patchBytes, bytes, some);
		count -= some;
		left += some * stride;
		patches += <usize>some * patchBytes;
	}
}
