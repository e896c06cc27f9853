import * as tf from "@tensorflow/tfjs-core";
import { checkChoice, checkOptions, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { zerosFor } from "../zeros-for.ts";
import { checkImage, resolvePair } from "./image-axes.ts";

/** Where the output pixels lie in the input. */
export type ResizeCoordinates = "half-pixel" | "align-corners" | "asymmetric";

/** Options of {@link resizeBilinear}. */
export interface ResizeBilinearOptions {
	/** The convention, see {@link resizeBilinear}. Default `half-pixel`. */
	readonly coordinates?: ResizeCoordinates | undefined;
}

const where = "resizeBilinear";

function sourceOf(i: number, size: number, outSize: number, coordinates: ResizeCoordinates): number {
	if (coordinates === "align-corners") return outSize === 1 ? 0 : (i * (size - 1)) / (outSize - 1);
	if (coordinates === "asymmetric") return (i * size) / outSize;
	return ((i + 0.5) * size) / outSize - 0.5;
}

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
	checkChoice(where, "coordinates", coordinates, ["half-pixel", "align-corners", "asymmetric"]);
	checkImage(where, x);
	const [outHeight, outWidth] = resolvePair(where, "size", size);
	const [batch, height, width, channels] = x.shape;
	if (height * width === 0) {
		const came = describeShape("x", x.shape, ["batch", "height", "width", "channels"]);
		throw new HeedError("SHAPE", where, `${came} has no pixels; expected at least one.`);
	}
	if (x.size === 0) return zerosFor<tf.Rank.R4>([batch, outHeight, outWidth, channels], x);
	return tf.tidy(() => {
		const rows = tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [height, -1]); // [H, B W C]
		const tall = tf.matMul(interpolationMatrix(height, outHeight, coordinates), rows); // [h, B W C]
		const columns = tf.transpose(tf.reshape(tall, [outHeight, batch, width, channels]), [2, 1, 0, 3]); // [W, B, h, C]
		const matrix = interpolationMatrix(width, outWidth, coordinates);
		const wide = tf.matMul(matrix, tf.reshape(columns, [width, -1])); // [w, B h C]
		return tf.transpose(tf.reshape(wide, [outWidth, batch, outHeight, channels]), [1, 2, 0, 3]); // [B, h, w, C]
	});
}
