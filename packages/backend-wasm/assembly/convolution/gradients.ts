// Convolutions as matrix products over blocks of patches.

import { multiply, multiplyScratch } from "../product";
import { Geometry } from "./geometry";
import { gatherPatches, scatterPatches } from "./patches";

const blockFloats: i32 = 65536;

function blockPixels(geometry: Geometry): i32 {
	return min(geometry.outPixels, 128);
}

export function convolutionScratch(pointer: usize): usize {
	const g = changetype<Geometry>(pointer);
	const block = blockPixels(g);
	const product = max(
		max(multiplyScratch(g.patch, block, g.outChannels), multiplyScratch(block, g.outChannels, g.patch)),
		multiplyScratch(block, g.patch, g.outChannels));
	return ((<usize>block * <usize>g.patch * 4 + 63) & ~63) + product;
}

export function convolutionFilterGrad(pointer: usize, x: usize, dy: usize, dFilter: usize, scratch: usize): void {
	const g = changetype<Geometry>(pointer);
	const block = blockPixels(g);
	const patchBytes = <usize>g.patch << 2;
	const outBytes = <usize>g.outChannels << 2;
	const rest = scratch + ((<usize>block * patchBytes + 63) & ~63);
	const pixels = g.outPixels;
	for (let p = 0; p < pixels; p += block, dy += <usize>block * outBytes) {
		const count = min(block, pixels - p);
		gatherPatches(g, x, p, count, scratch);
		multiply(scratch, patchBytes, true, dy, outBytes, false, dFilter, outBytes, g.patch, count, g.outChannels, p > 0, rest);
	}
}

export function convolutionInputGrad(pointer: usize, dy: usize, filter: usize, dx: usize, scratch: usize): void {
	const g = changetype<Geometry>(pointer);
	const block = blockPixels(g);
	const patchBytes = <usize>g.patch << 2;
	const outBytes = <usize>g.outChannels << 2;
	const rest = scratch + ((<usize>block * patchBytes + 63) & ~63);
	const pixels = g.outPixels;
	memory.fill(dx, 0, <usize>(g.batch * g.inHeight * g.inWidth) * (<usize>g.inChannels << 2));
	for (let p = 0; p < pixels; p += block, dy += <usize>block * outBytes) {
		const count = min(block, pixels - p);
		multiply(dy, outBytes, false, filter, outBytes, true, scratch, patchBytes, count, g.outChannels, g.patch, false, rest);
		scatterPatches(g, scratch, p, count, dx);
	}
}

export function convolution(pointer: usize, x: usize, filter: usize, y: usize, scratch: usize): void {
	const g = changetype<Geometry>(pointer);
	const block = blockPixels(g);
	const patchBytes = <usize>g.patch << 2;
	const outBytes = <usize>g.outChannels << 2;
	const rest = scratch + ((<usize>block * patchBytes + 63) & ~63);
	const pixels = g.outPixels;
	for (let p = 0; p < pixels; p += block, y += <usize>block * outBytes) {
		const count = min(block, pixels - p);
		gatherPatches(g, x, p, count, scratch);
		multiply(scratch, patchBytes, false, filter, outBytes, false, y, outBytes, count, g.patch, g.outChannels, false, rest);
	}
}
