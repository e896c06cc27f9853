import { randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttention } from "../src/image-attention.ts";
import { stirWeights } from "./plain-layers.ts";

/** An image in float64: `pixels[row · width + column][channel]`. */
export interface PlainImage {
	readonly height: number;
	readonly width: number;
	readonly pixels: readonly (readonly number[])[];
}

/** Paths of weights and their numbers. */
export type Weights = Record<string, number[]>;

/** The images of a batch. */
export function plainImages(x: tf.Tensor4D): PlainImage[] {
	const [batch, height, width, channels] = x.shape;
	const values = x.dataSync();
	return Array.from({ length: batch }, (_, b) => ({
		height,
		width,
		pixels: Array.from({ length: height * width }, (_, p) => {
			const start = (b * height * width + p) * channels;
			return Array.from(values.slice(start, start + channels));
		}),
	}));
}

/** Every pixel on its own. */
export function mapPixels(
	image: PlainImage,
	f: (pixel: readonly number[], p: number) => number[],
): PlainImage {
	return { ...image, pixels: image.pixels.map(f) };
}

/** `kernel` [in, out] on every pixel. */
export function projectPlain(
	image: PlainImage,
	kernel: readonly number[],
	bias?: readonly number[],
): PlainImage {
	return convolvePlain(image, kernel, { size: 1, bias });
}

/** `kernel` [size, size, in, out], zeros beyond the edges. */
export function convolvePlain(
	image: PlainImage,
	kernel: readonly number[],
	options: {
		readonly size: number;
		readonly dilation?: number;
		readonly bias?: readonly number[] | undefined;
	},
): PlainImage {
	const { size, dilation = 1, bias } = options;
	const { height, width, pixels } = image;
	const inputSize = pixels[0]?.length ?? 0;
	const out = kernel.length / (size * size * inputSize);
	return mapPixels(image, (_, p) =>
		Array.from({ length: out }, (_, o) => {
			let sum = bias?.[o] ?? 0;
			for (let tap = 0; tap < size * size; tap++) {
				const row = Math.floor(p / width) + (Math.floor(tap / size) - (size - 1) / 2) * dilation;
				const column = (p % width) + ((tap % size) - (size - 1) / 2) * dilation;
				if (row < 0 || row >= height || column < 0 || column >= width) continue;
				const pixel = pixels[row * width + column] ?? [];
				for (let c = 0; c < inputSize; c++) {
					sum += (pixel[c] ?? 0) * (kernel[(tap * inputSize + c) * out + o] ?? 0);
				}
			}
			return sum;
		}),
	);
}

/** The channels from one on. */
export function partPlain(x: PlainImage, start: number, size: number): PlainImage {
	return mapPixels(x, (pixel) => pixel.slice(start, start + size));
}

/** `kernel` [size, size, in / groups, out]: every group a convolution of its own. */
export function convolveGroupsPlain(
	x: PlainImage,
	kernel: readonly number[],
	options: { groups: number; out: number; size: number; dilation?: number },
): PlainImage {
	const { groups, out, ...rest } = options;
	const inputs = (x.pixels[0]?.length ?? 0) / groups;
	const each = out / groups;
	const images = Array.from({ length: groups }, (_, g) =>
		convolvePlain(
			partPlain(x, g * inputs, inputs),
			kernel.filter((_, i) => Math.floor((i % out) / each) === g),
			rest,
		),
	);
	return mapPixels(x, (_, p) => images.flatMap(({ pixels }) => [...(pixels[p] ?? [])]));
}

/** A norm in use, by the weights below a path. */
export function normPlain(weights: Weights, path: string, values: readonly number[]): number[] {
	const part = (name: string): number[] => weights[`${path}/${name}`] ?? [];
	const [gamma, beta, mean, variance] = ["gamma", "beta", "movingMean", "movingVariance"].map(part);
	return values.map(
		(value, c) =>
			((gamma?.[c] ?? 0) * (value - (mean?.[c] ?? 0))) / Math.sqrt((variance?.[c] ?? 0) + 1e-5) +
			(beta?.[c] ?? 0),
	);
}

/** Moves the statistics off their first values as well. */
export function stirAll(layer: ImageAttention): void {
	stirWeights(layer);
	layer.nonTrainableWeights.forEach((weight, i) => {
		const noise = (): tf.Tensor => tf.abs(randomTensor(weight.shape as number[], 90 + i, 0.3));
		weight.write(tf.tidy(() => tf.add(weight.read(), noise())));
	});
}
