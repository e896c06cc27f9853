import { type DifferentiableOp, runDifferentiableOp } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/** How many pixels of each image count, at least 1: `[batch, 1]`. */
export function pixelCount(mask: tf.Tensor3D): tf.Tensor2D {
	const [batch] = mask.shape;
	const count = tf.sum(tf.cast(tf.reshape(mask, [batch, -1]), "float32"), 1, true);
	return tf.maximum(count, 1) as tf.Tensor2D;
}

/** All pixels of an image on one axis: `[batch, pixels, channels]`. */
export function flattenPixels(x: tf.Tensor4D): tf.Tensor3D {
	const [batch, height, width, channels] = x.shape;
	return tf.reshape(x, [batch, height * width, channels]);
}

/**
 * The mean of every channel over the pixels that count, `[batch, channels]`; 0 where none does.
 *
 * @param x 0 at the pixels that do not count.
 */
export function averageOverPixels(x: tf.Tensor4D, mask?: tf.Tensor3D): tf.Tensor2D {
	const pixels = flattenPixels(x);
	const count = mask === undefined ? pixels.shape[1] : pixelCount(mask);
	return tf.div(tf.sum(pixels, 1), count);
}

/** The maximum of every channel over the pixels that count, `[batch, channels]`; 0 where none does. */
export function maxOverPixels(x: tf.Tensor4D, mask?: tf.Tensor3D): tf.Tensor2D {
	const pixels = flattenPixels(x); // [B, L, C]
	if (mask === undefined) return maxOverSecond(pixels) as tf.Tensor2D;
	const live = tf.reshape(mask, [x.shape[0], -1, 1]);
	const seen = tf.where(live, pixels, tf.fill(pixels.shape, Number.NEGATIVE_INFINITY)) as tf.Tensor3D;
	const found = maxOverSecond(seen) as tf.Tensor2D;
	return tf.where(tf.any(live, 1), found, tf.zerosLike(found));
}

/** The maximum of every pixel over its channels, `[batch, height, width, 1]`. */
export function maxOverChannels(x: tf.Tensor4D): tf.Tensor4D {
	const [batch, height, width, channels] = x.shape;
	const rows: tf.Tensor2D = tf.reshape(x, [batch * height * width, channels]);
	return tf.reshape(maxOverSecond(rows), [batch, height, width, 1]);
}

/**
 * The standard deviation of every channel over the pixels that count, `[batch, channels]`. A small number inside the root keeps
 * the gradient finite where all are equal.
 *
 * @param mean As {@link averageOverPixels} gives it.
 * @param options `unbiased`: divide by n − 1, as PyTorch does by default.
 */
export function deviationOverPixels(
	x: tf.Tensor4D,
	mean: tf.Tensor2D,
	mask: tf.Tensor3D | undefined,
	options: { readonly unbiased: boolean },
): tf.Tensor2D {
	const [batch, height, width] = x.shape;
	const centered = tf.sub(flattenPixels(x), tf.expandDims(mean, 1)); // [B, L, C]
	const squares = tf.square(centered);
	const less = options.unbiased ? 1 : 0;
	if (mask === undefined) {
		const count = Math.max(height * width - less, 1);
		return tf.sqrt(tf.add(tf.div(tf.sum(squares, 1), count), 1e-5));
	}
	const counted = tf.mul(squares, tf.cast(tf.reshape(mask, [batch, -1, 1]), "float32"));
	const count = tf.maximum(tf.sub(pixelCount(mask), less), 1); // [B, 1]
	return tf.sqrt(tf.add(tf.div(tf.sum(counted, 1), count), 1e-5));
}

function maxOverSecond(x: tf.Tensor): tf.Tensor {
	return runDifferentiableOp(maxOp, { x }, {})[0] as tf.Tensor;
}

/** The host's gradient goes in full to every one of equal maxima; this one is shared by them. */
const maxOp: DifferentiableOp<Record<string, never>> = {
	kernelName: "HeedMaxOverSecond",
	inputsToSave: ["x"],
	gradients: ["x"],
	outputCount: 1,
	forward: ({ x }) => [tf.max(x as tf.Tensor, 1)],
	backward: ([upstream], { x }, [y]) => {
		const largest = tf.cast(tf.equal(x as tf.Tensor, tf.expandDims(y as tf.Tensor, 1)), "float32"); // [A, N, …]
		const share = tf.div(upstream as tf.Tensor, tf.maximum(tf.sum(largest, 1), 1));
		return { x: tf.mul(largest, tf.expandDims(share, 1)) };
	},
};
