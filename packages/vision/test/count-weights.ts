import type { layers } from "@tensorflow/tfjs-layers";
import { VisionAttention } from "../src/vision-attention.ts";

const widths = [64, 128, 256, 512, 1024, 2048];

/** The numbers that a layer would train on images of so many channels, none of which is made: some would be millions. */
export function count(layer: VisionAttention, channels: number, querySize?: number): number {
	const x = [null, 7, 7, channels]; // some have a weight for every pixel
	return VisionAttention.countTrained(layer, querySize === undefined ? x : [x, [null, querySize]]);
}

/** {@link count} for the usual widths of a residual network, 64 to 2048, of layers added up. */
export function countEach(make: () => readonly VisionAttention[]): number[] {
	return widths.map((channels) => make().reduce((sum, layer) => sum + count(layer, channels), 0));
}

/** The numbers that were made for a layer or a model to train. */
export function countMade({ trainableWeights }: Pick<layers.Layer, "trainableWeights">): number {
	const sizes = trainableWeights.map(({ shape }) => shape.reduce<number>((n, size) => n * (size ?? 0), 1));
	return sizes.reduce((sum, size) => sum + size, 0);
}
