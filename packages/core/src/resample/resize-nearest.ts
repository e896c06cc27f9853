import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { ensureGradient, ensureKernel } from "../kernel/fused-kernels.ts";
import { zerosFor } from "../zeros-for.ts";
import { checkResize, multiplyAxes, type ResizeCoordinates, sourceOf } from "./resize-axes.ts";

/** Options of {@link resizeNearest}. */
export interface ResizeNearestOptions {
	/** The convention, see {@link resizeNearest}. Default `half-pixel`. */
	readonly coordinates?: ResizeCoordinates | undefined;
}

const where = "resizeNearest";
const kernelName = "HeedResizeNearest";

/** The input pixel of every output pixel of an axis. */
function sources(size: number, outSize: number, coordinates: ResizeCoordinates): number[] {
	return Array.from({ length: outSize }, (_, i) => {
		const source = sourceOf(i, size, outSize, coordinates);
		const nearest = coordinates === "asymmetric" ? Math.floor(source) : Math.round(source);
		return Math.min(Math.max(nearest, 0), size - 1);
	});
}

/** The constant matrix `[size, outSize]` that brings the gradients of an axis back to where the pixels came from. */
function collection(size: number, from: readonly number[]): tf.Tensor2D {
	const matrix = new Float32Array(size * from.length);
	for (const [i, source] of from.entries()) matrix[source * from.length + i] = 1;
	return tf.tensor2d(matrix, [size, from.length]);
}

/** The attributes of the kernel: the sources of both axes. */
interface Attributes {
	readonly vertical: readonly number[];
	readonly horizontal: readonly number[];
}

/** Registers the copy of pixels and its gradient, once: the host's `gather` has none on the wasm backend. */
function register(): void {
	ensureKernel(kernelName, ({ inputs, attrs }) => {
		const { vertical, horizontal } = attrs as unknown as Attributes;
		return tf.tidy(() => {
			const rows = tf.gather(inputs.x as tf.Tensor4D, tf.tensor1d([...vertical], "int32"), 1);
			return tf.gather(rows, tf.tensor1d([...horizontal], "int32"), 2); // [B, h, w, C]
		});
	});
	ensureGradient({
		kernelName,
		inputsToSave: ["x"],
		gradFunc: (dy, saved, attrs) => {
			const { vertical, horizontal } = attrs as unknown as Attributes;
			const [, height = 0, width = 0] = (saved[0] as tf.Tensor).shape;
			const collect = (): tf.Tensor4D =>
				multiplyAxes(dy as tf.Tensor4D, collection(height, vertical), collection(width, horizontal));
			return { x: collect };
		},
	});
}

/**
 * Resizes an image by copying the nearest pixel.
 *
 * | `coordinates` | source of output pixel i | elsewhere |
 * |---|---|---|
 * | `half-pixel` | ⌊(i + ½) · size / outSize⌋ | TensorFlow 2; PyTorch `nearest-exact` |
 * | `align-corners` | i · (size - 1) / (outSize - 1), rounded, halves up | TensorFlow 1 `align_corners=True` |
 * | `asymmetric` | ⌊i · size / outSize⌋ | PyTorch `nearest`, TensorFlow 1, tfjs's default |
 *
 * For a whole factor upwards the first and the last are the same: every pixel is repeated. The host's gradient of its
 * `resizeNearestNeighbor` is wrong for other factors. It has no second derivative.
 *
 * @param x `[batch, height, width, channels]`, float32. Differentiable.
 * @param size `[outHeight, outWidth]`.
 * @returns `[batch, outHeight, outWidth, channels]`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function resizeNearest(
	x: tf.Tensor4D,
	size: readonly [outHeight: number, outWidth: number],
	options: ResizeNearestOptions = {},
): tf.Tensor4D {
	checkOptions(where, options, ["coordinates"]);
	const { coordinates = "half-pixel" } = options;
	const outSize = checkResize(where, x, size, coordinates);
	const [batch, height, width, channels] = x.shape;
	if (x.size === 0) return zerosFor<tf.Rank.R4>([batch, ...outSize, channels], x);
	register();
	const attributes = {
		vertical: sources(height, outSize[0], coordinates),
		horizontal: sources(width, outSize[1], coordinates),
	};
	return tf.engine().runKernel<tf.Tensor4D>(kernelName, { x }, attributes);
}
