import { convolution2d, maxPool } from "@heed/core";
import { makeDense, type ParameterScope, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageSizes } from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";

/** A network that looks at the image to say how to warp it. */
export interface Localization {
	/** How many features it gives. */
	readonly featureSize: number;
	/** `[batch, height, width, channels]` to `[batch, featureSize]`. */
	readonly features: (x: tf.Tensor4D, training: boolean) => tf.Tensor2D;
}

/** Makes the network, whose weights go to `parts` and so become the layer's own. */
export type MakeLocalization = (parts: LayerParts, sizes: ImageSizes) => Localization;

/** Cells per side of the map that a dense layer reads. */
const cells = 4;

/**
 * A small network that takes images of any size:
 *
 *     relu(conv5×5) → max 2×2 → relu(conv5×5) → means of 4 × 4 cells → relu(dense)
 *
 * Weights: `0/kernel` [5, 5, channels, filters], `0/bias`, `1/kernel`, `1/bias`, `dense/kernel` [16 · filters, units], `dense/bias`.
 */
export function plainLocalization(
	parts: ParameterScope,
	{ channels, filters, units }: { channels: number; filters: number; units: number },
): Localization {
	const convolve = (path: string, inputSize: number): ((x: tf.Tensor4D) => tf.Tensor4D) => {
		const shape: [number, number, number, number] = [5, 5, inputSize, filters];
		const initializer = { deviation: Math.sqrt(2 / (25 * inputSize)) };
		const kernel = parts.add<tf.Rank.R4>(`${path}/kernel`, shape, initializer);
		const bias = parts.add<tf.Rank.R1>(`${path}/bias`, [filters], "zeros");
		return (x) => tf.relu(tf.add(convolution2d(x, kernel, { padding: "same" }), bias));
	};
	const [first, second] = [convolve("0", channels), convolve("1", filters)];
	const dense = makeDense(parts.scope("dense"), {
		inputSize: cells * cells * filters,
		outputSize: units,
		initializer: "heNormal",
	});
	return {
		featureSize: units,
		features: (x) => {
			const seen = second(maxPool(first(x), 2, { strides: 2, padding: "same" }));
			return tf.relu(dense(cellMeans(seen)));
		},
	};
}

/** The means of 4 × 4 cells, which share a row or a column where the size does not divide: `[batch, 16 · channels]`. */
function cellMeans(x: tf.Tensor4D): tf.Tensor2D {
	const [batch, height, width] = x.shape;
	const columns = project(tf.transpose(x, [0, 1, 3, 2]), shares(width)); // [B, H, C, 4]
	const means = project(tf.transpose(columns, [0, 3, 2, 1]), shares(height)); // [B, 4 columns, C, 4 rows]
	return tf.reshape(tf.transpose(means, [0, 3, 1, 2]), [batch, -1]);
}

/** How much each pixel of an axis is of each cell, `[size, 4]`. */
function shares(size: number): tf.Tensor2D {
	const rows = Array.from({ length: size }, (_, i) =>
		Array.from({ length: cells }, (_, cell) => {
			const [start, end] = [Math.floor((cell * size) / cells), Math.ceil(((cell + 1) * size) / cells)];
			return i >= start && i < end ? 1 / (end - start) : 0;
		}),
	);
	return tf.tensor2d(rows, [size, cells]);
}
