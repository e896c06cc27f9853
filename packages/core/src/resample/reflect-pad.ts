import * as tf from "@tensorflow/tfjs-core";
import { checkImage, resolveSides, type SidePadding } from "./image-axes.ts";

const where = "reflectPad";

/** Mirrors both ends of an axis around its outermost element, which is not repeated. */
function reflectAxis(x: tf.Tensor4D, axis: 1 | 2, [before, after]: readonly [number, number]): tf.Tensor4D {
	const size = x.shape[axis];
	const mirrored = (start: number, count: number): tf.Tensor4D[] => {
		if (count === 0) return [];
		const begin = [0, 0, 0, 0].map((zero, i) => (i === axis ? start : zero));
		const extent = x.shape.map((whole, i) => (i === axis ? count : whole));
		return [tf.reverse(tf.slice(x, begin, extent), axis)];
	};
	const parts = [...mirrored(1, before), x, ...mirrored(size - 1 - after, after)];
	return parts.length === 1 ? x : tf.concat(parts, axis);
}

/**
 * Continues an image beyond its sides by its mirror image.
 *
 * ```text
 * c b | a b c d | c b
 * ```
 *
 * The outermost pixels are not repeated (`reflect` of the host's `mirrorPad`, whose gradient loses the mirrored part on
 * every backend; this one does not).
 *
 * @param x `[batch, height, width, channels]`, float32. Differentiable.
 * @param padding Pixels to add on each side, fewer than the image has on that axis.
 * @returns `[batch, top + height + bottom, left + width + right, channels]`.
 * @throws HeedError if a shape, an element type or the padding does not fit.
 */
export function reflectPad(x: tf.Tensor4D, padding: SidePadding): tf.Tensor4D {
	checkImage(where, x);
	const [vertical, horizontal] = resolveSides(where, padding, [x.shape[1], x.shape[2]]);
	return tf.tidy(() => tf.clone(reflectAxis(reflectAxis(x, 1, vertical), 2, horizontal)));
}
