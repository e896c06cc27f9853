import {
	affineGrid,
	attentionGrid,
	type GridOptions,
	type GridSize,
	projectiveGrid,
	thinPlateSplineControlPoints,
	thinPlateSplineGrid,
} from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";

/** How a spatial transformer may move the pixels. */
export type TransformName = "affine" | "attention" | "projective" | "tps";

/** One kind of transform: its numbers, and the grid that they give. */
export interface Transform {
	/** The numbers that change nothing. */
	readonly identity: readonly number[];
	/** Sizes of the numbers after the batch, and what they mean. */
	readonly shape: readonly number[];
	readonly axes: readonly string[];
	/** @param theta `[batch, …shape]`. */
	readonly grid: (theta: tf.Tensor, size: GridSize, options: GridOptions) => tf.Tensor4D;
}

/** @param gridSize Control points per side, for `tps`. */
export function transformByName(name: TransformName, gridSize: number): Transform {
	switch (name) {
		case "affine":
			return {
				identity: [1, 0, 0, 0, 1, 0],
				shape: [2, 3],
				axes: ["row", "column"],
				grid: (theta, size, options) => affineGrid(theta as tf.Tensor3D, size, options),
			};
		case "attention":
			return {
				identity: [1, 0, 0],
				shape: [3],
				axes: ["parameter"],
				grid: (theta, size, options) => attentionGrid(theta as tf.Tensor2D, size, options),
			};
		case "projective":
			return {
				identity: [1, 0, 0, 0, 1, 0, 0, 0],
				shape: [8],
				axes: ["parameter"],
				grid: (theta, size, options) => projectiveGrid(theta as tf.Tensor2D, size, options),
			};
		case "tps":
			return {
				identity: thinPlateSplineControlPoints(gridSize).flat(),
				shape: [gridSize * gridSize, 2],
				axes: ["point", "xy"],
				grid: (theta, size, options) => thinPlateSplineGrid(theta as tf.Tensor3D, size, options),
			};
	}
}
