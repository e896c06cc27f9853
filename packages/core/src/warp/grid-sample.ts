import * as tf from "@tensorflow/tfjs-core";
import {
	checkChoice,
	checkDtype,
	checkNotEmpty,
	checkOptions,
	checkRank,
	checkShape,
	describeShape,
} from "../checks.ts";
import type { GridInterpolation, GridPadding, GridSampleAttributes } from "./grid-sample-attributes.ts";
import { runGridSample } from "./register-grid-sample.ts";

/** Options of {@link gridSample}. */
export interface GridSampleOptions {
	/** How the value between pixels is found. Default `bilinear`. */
	readonly interpolation?: GridInterpolation | undefined;
	/** What lies outside of the image. Default `zeros`. */
	readonly padding?: GridPadding | undefined;
	/**
	 * True: -1 and 1 are the centres of the outermost pixels. False, the default: they are the outer edges. Give the
	 * function that made the grid the same value.
	 */
	readonly alignCorners?: boolean | undefined;
}

const where = "gridSample";
const imageAxes = ["batch", "height", "width", "channels"] as const;
const gridAxes = ["batch", "outHeight", "outWidth", "xy"] as const;

/**
 * Reads an image at the points of a grid, differentiably in both: the sampler of a spatial transformer.
 *
 * ```text
 * (u, v) = pixel coordinates of grid[b, i, j] = (x, y)
 * output[b, i, j, c] = Σ_y Σ_x k(v - y) · k(u - x) · image[b, y, x, c]
 * ```
 *
 * `k` is the triangle `max(0, 1 - |t|)` for `bilinear`, the cubic convolution with a = -0.75 for `bicubic`, and picks
 * the nearest pixel for `nearest`, where halves go to the even one. The point (-1, -1) is the top left corner; **x comes
 * first**. With `reflection` the image is mirrored at its outer edges, or at the centres of its outer pixels if
 * `alignCorners`. A point with a coordinate that is not finite lies outside under every padding: its output and its
 * gradients are 0. The numbers are those of PyTorch's `grid_sample` and ONNX's `GridSample`.
 *
 * Gradients: exact for the image; for the grid, exact between the pixel centres, where `bilinear` has kinks, and 0 for
 * `nearest`. Second derivatives are not defined and throw.
 *
 * Not for whole-image resizing: {@link resizeBilinear} does that with two small matrix products.
 *
 * Jaderberg et al., Spatial Transformer Networks, https://arxiv.org/abs/1506.02025
 *
 * @param image `[batch, height, width, channels]`, float32.
 * @param grid `[batch, outHeight, outWidth, 2]` with (x, y) in -1..1 over the image, float32.
 * @returns `[batch, outHeight, outWidth, channels]`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function gridSample(
	image: tf.Tensor4D,
	grid: tf.Tensor4D,
	options: GridSampleOptions = {},
): tf.Tensor4D {
	checkOptions(where, options, ["interpolation", "padding", "alignCorners"]);
	const { interpolation = "bilinear", padding = "zeros", alignCorners = false } = options;
	checkChoice(where, "interpolation", interpolation, ["bilinear", "nearest", "bicubic"]);
	checkChoice(where, "padding", padding, ["zeros", "border", "reflection"]);
	checkRank(where, "image", image, imageAxes);
	checkDtype(where, "image", image, "float32");
	const expected = [image.shape[0], null, null, 2];
	checkShape(where, "grid", grid, gridAxes, expected, describeShape("image", image.shape, imageAxes));
	checkDtype(where, "grid", grid, "float32");
	checkNotEmpty(where, "image", image, imageAxes);
	checkNotEmpty(where, "grid", grid, gridAxes);
	const attributes: GridSampleAttributes = { interpolation, padding, alignCorners };
	return tf.tidy(() => runGridSample({ image, grid }, attributes));
}
