import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkOptions, checkShape } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";
import { affineGrid } from "./affine-grid.ts";
import { checkGridSize, type GridOptions, type GridSize } from "./grid-size.ts";

const where = "attentionGrid";

/** `(s, tx, ty)` → the rows `(s, 0, tx)` and `(0, s, ty)`. */
const selection = [
	[1, 0, 0, 0, 1, 0],
	[0, 0, 1, 0, 0, 0],
	[0, 0, 0, 0, 0, 1],
];

/**
 * The grid of a crop: an affine transform that only zooms and moves, which makes a spatial transformer attend to one
 * place.
 *
 * ```text
 * theta = [[s, 0, tx], [0, s, ty]]
 * ```
 *
 * `s` is the side of the crop relative to the image, (tx, ty) its centre in -1..1.
 *
 * Jaderberg et al., Spatial Transformer Networks, https://arxiv.org/abs/1506.02025, equation 2
 *
 * @param crop `[batch, 3]` with (s, tx, ty), float32. Differentiable.
 * @param size `[outHeight, outWidth]`.
 * @returns `[batch, outHeight, outWidth, 2]` with (x, y), for `gridSample`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function attentionGrid(crop: tf.Tensor2D, size: GridSize, options: GridOptions = {}): tf.Tensor4D {
	checkOptions(where, options, ["alignCorners"]);
	checkShape(where, "crop", crop, ["batch", "parameter"], [null, 3], "(s, tx, ty)");
	checkDtype(where, "crop", crop, "float32");
	checkGridSize(where, size);
	if (crop.size === 0) return zerosFor<tf.Rank.R4>([0, size[0], size[1], 2], crop);
	return tf.tidy(() => {
		const theta = tf.reshape<tf.Rank.R3>(tf.matMul(crop, tf.tensor2d(selection)), [-1, 2, 3]);
		return affineGrid(theta, size, options);
	});
}
