import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";
import { checkResize, multiplyAxes, type ResizeCoordinates, sourceOf } from "./resize-axes.ts";

/** Options of {@link resizeBilinear}. */
export interface ResizeBilinearOptions {
	/** The convention, see {@link resizeBilinear}. Default `half-pixel`. */
	readonly coordinates?: ResizeCoordinates | undefined;
}

const where = "resizeBilinear";

/** The constant matrix `[outSize, size]` of linear interpolation; each row has one or two weights that sum to 1. */
function interpolationMatrix(size: number, outSize: number, coordinates: ResizeCoordinates): tf.Tensor2D {
	const matrix = new Float32Array(outSize * size);
	for (let i = 0; i < outSize; i++) {
		const source = Math.min(Math.max(sourceOf(i, size, outSize, coordinates), 0), size - 1);
		const first = Math.floor(source);
		matrix[i * size + first] = 1 - (source - first);
		if (source > first) matrix[i * size + first + 1] = source - first;
	}
	return tf.tensor2d(matrix, [outSize, size]);
}

/**
 * Resizes an image by linear interpolation along both axes, as two products with constant matrices.
 *
 * ```text
 * output[b, :, :, c] = R_y · x[b, :, :, c] · R_xᵀ
 * ```
 *
 * | `coordinates` | source of output pixel i | elsewhere |
 * |---|---|---|
 * | `half-pixel` | (i + ½) · size / outSize - ½ | PyTorch and TensorFlow 2, `align_corners=False` |
 * | `align-corners` | i · (size - 1) / (outSize - 1) | PyTorch `align_corners=True`, Caffe |
 * | `asymmetric` | i · size / outSize | TensorFlow 1, tfjs's default |
 *
 * Sources outside are moved to the outermost pixel. There is no smoothing before the image gets smaller; use
 * `averagePool` for whole factors. The host's own `resizeBilinear` has a wrong gradient with half-pixel centres, and
 * none for images that are not square on the cpu backend.
 *
 * The products cost outHeight · height · width and outHeight · outWidth · width multiplications per channel: meant for
 * feature maps, not for photographs.
 *
 * @param x `[batch, height, width, channels]`, float32. Differentiable.
 * @param size `[outHeight, outWidth]`.
 * @returns `[batch, outHeight, outWidth, channels]`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function resizeBilinear(
	x: tf.Tensor4D,
	size: readonly [outHeight: number, outWidth: number],
	options: ResizeBilinearOptions = {},
): tf.Tensor4D {
	checkOptions(where, options, ["coordinates"]);
	const { coordinates = "half-pixel" } = options;
	const [outHeight, outWidth] = checkResize(where, x, size, coordinates);
	const [batch, height, width, channels] = x.shape;
	if (x.size === 0) return zerosFor<tf.Rank.R4>([batch, outHeight, outWidth, channels], x);
	return tf.tidy(() =>
		multiplyAxes(
			x,
			interpolationMatrix(height, outHeight, coordinates),
			interpolationMatrix(width, outWidth, coordinates),
		),
	);
}
