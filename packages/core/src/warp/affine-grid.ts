import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkOptions, checkShape } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";
import { checkGridSize, type GridOptions, type GridSize } from "./grid-size.ts";
import { targetPoints } from "./target-coordinates.ts";

const where = "affineGrid";

/**
 * The grid of an affine transform: where in the image each output pixel is read.
 *
 * ```text
 * (x, y) = theta · (x_t, y_t, 1)     with (x_t, y_t) the output pixel in -1..1
 * ```
 *
 * `theta` maps the output onto the image, so `[[s, 0, 0], [0, s, 0]]` with s = 1/2 zooms **in** by two. The identity
 * is `[[1, 0, 0], [0, 1, 0]]`, with or without `alignCorners`.
 *
 * Jaderberg et al., Spatial Transformer Networks, https://arxiv.org/abs/1506.02025
 *
 * @param theta `[batch, 2, 3]`, float32. Differentiable.
 * @param size `[outHeight, outWidth]`.
 * @returns `[batch, outHeight, outWidth, 2]` with (x, y), for `gridSample`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function affineGrid(theta: tf.Tensor3D, size: GridSize, options: GridOptions = {}): tf.Tensor4D {
	checkOptions(where, options, ["alignCorners"]);
	checkShape(where, "theta", theta, ["batch", "row", "column"], [null, 2, 3], "an affine transform");
	checkDtype(where, "theta", theta, "float32");
	checkGridSize(where, size);
	const { alignCorners = false } = options;
	if (theta.size === 0) return zerosFor<tf.Rank.R4>([0, size[0], size[1], 2], theta);
	return tf.tidy(() => {
		const batch = theta.shape[0];
		const targets = targetPoints(size, alignCorners).map(([x, y]) => [x, y, 1]);
		// One plain product for the whole batch: the host's matMul has no gradient where a batch axis is broadcast.
		const rows = tf.reshape(theta, [batch * 2, 3]);
		const coordinates = tf.matMul(rows, tf.transpose(tf.tensor2d(targets))); // [B 2, P]
		const points = tf.transpose(tf.reshape(coordinates, [batch, 2, targets.length]), [0, 2, 1]); // [B, P, 2]
		return tf.reshape(points, [batch, size[0], size[1], 2]);
	});
}
