import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import type { Pair } from "./image-axes.ts";
import { type PoolOptions, type PoolWindow, poolWindow } from "./pool-window.ts";

/** Options of {@link averagePool}. */
export interface AveragePoolOptions extends PoolOptions {
	/**
	 * True: padding counts as zeros, and every window is divided by its full size. False, the default: only pixels of
	 * the image count.
	 */
	readonly countPadding?: boolean | undefined;
}

const where = "averagePool";

/** Full window size over the number of pixels in it, for every output. */
function correction({ size, strides, padding, outSize }: PoolWindow, x: tf.Tensor4D): tf.Tensor4D {
	const factors = ([0, 1] as const).map((axis) =>
		Array.from({ length: outSize[axis] }, (_, i) => {
			const start = i * strides[axis] - padding[axis][0];
			const pixels = Math.min(start + size[axis], x.shape[axis + 1] ?? 0) - Math.max(start, 0);
			return size[axis] / pixels;
		}),
	);
	const [vertical = [], horizontal = []] = factors;
	return tf.mul(tf.tensor(vertical, [1, outSize[0], 1, 1]), tf.tensor(horizontal, [1, 1, outSize[1], 1]));
}

/**
 * The mean of each window.
 *
 * ```text
 * output[b, i, j, c] = Σ_(window) x / (number of pixels in the window)
 * ```
 *
 * The host's `avgPool` leaves padding out of the count in the forward pass and counts it in the backward pass; here the
 * gradient is that of the forward pass. With `countPadding` it is PyTorch's default (`count_include_pad`), without it
 * TensorFlow's.
 *
 * @param x `[batch, height, width, channels]`, float32. Differentiable.
 * @param poolSize Height and width of the window.
 * @returns `[batch, outHeight, outWidth, channels]`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function averagePool(x: tf.Tensor4D, poolSize: Pair, options: AveragePoolOptions = {}): tf.Tensor4D {
	checkOptions(where, options, ["strides", "padding", "countPadding"]);
	const window = poolWindow(where, x, poolSize, options);
	const { size, strides, padding } = window;
	const [vertical, horizontal] = padding;
	const padded = [...vertical, ...horizontal].some((pixels) => pixels > 0);
	return tf.tidy(() => {
		const whole = padded ? tf.pad(x, [[0, 0], [...vertical], [...horizontal], [0, 0]]) : x;
		const mean = tf.avgPool(whole, [...size], [...strides], "valid");
		return padded && options.countPadding !== true ? tf.mul(mean, correction(window, x)) : mean;
	});
}
