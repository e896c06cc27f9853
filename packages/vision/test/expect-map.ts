import { expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttention } from "../src/image-attention.ts";
import { type PlainImage, plainImages, stirAll, type Weights } from "./plain-images.ts";
import { readWeights } from "./plain-layers.ts";

/** The sizes of the images here: prime and different. */
export const [batch, height, width, channels]: readonly [number, number, number, number] = [2, 5, 3, 7];
export const image = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([batch, height, width, channels], 3);
export const question = (): tf.Tensor2D => randomTensor<tf.Rank.R2>([batch, 4], 4);

export const channelsOf = ({ pixels }: PlainImage): number[][] =>
	(pixels[0] ?? []).map((_, c) => pixels.map((pixel) => pixel[c] ?? 0));

/** The map of an image by the weights of a layer and a query. */
export type Formula = (weights: Weights, image: PlainImage, query: readonly number[]) => PlainImage;

/** The map of a layer with random weights and statistics must be what the formula gives, and its output x times `factor` of it. */
export function expectMap(
	layer: ImageAttention,
	formula: Formula,
	{ query = false, factor = (weight: number): number => weight } = {},
): void {
	tf.tidy(() => {
		const x = image();
		const inputs = query ? [x, question()] : x;
		layer.apply(inputs);
		stirAll(layer);
		const [output, map] = layer.apply(inputs) as [tf.Tensor, tf.Tensor];
		const weights = readWeights(layer);
		const queries = question().arraySync() as number[][];
		const images = plainImages(x);
		const maps = images.map((one, b) => formula(weights, one, queries[b] ?? []));
		expectClose(
			map,
			maps.flatMap(({ pixels }) => pixels.flat()),
		);
		const expected = images.flatMap(({ pixels }, b) =>
			pixels.flatMap((pixel, p) => pixel.map((value, c) => value * factor(maps[b]?.pixels[p]?.[c] ?? 0))),
		);
		expectClose(output, expected, { atol: 1e-5 });
		layer.dispose();
	});
}
