import { type DifferentiableOp, runDifferentiableOp } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/** Adds zeros around the image. */
function padImage(x: tf.Tensor4D, margin: number): tf.Tensor4D {
	return tf.pad(x, [
		[0, 0],
		[margin, margin],
		[margin, margin],
		[0, 0],
	]);
}

/**
 * A convolution that keeps the size, zeros beyond the edges. The host's has no gradient for its kernel on the wasm backend.
 *
 * @param kernel `[size, size, in, out]`, size odd.
 */
export function convolve(x: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D {
	return runDifferentiableOp(convolutionOp, { x, kernel }, {})[0] as tf.Tensor4D;
}

const convolutionOp: DifferentiableOp<Record<string, never>> = {
	kernelName: "HeedSameConvolution",
	inputsToSave: ["x", "kernel"],
	gradients: ["x", "kernel"],
	outputCount: 1,
	forward: ({ x, kernel }) => [tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, "same")],
	backward: ([upstream], inputs) => {
		const { x, kernel } = inputs as Record<"x" | "kernel", tf.Tensor4D>;
		const dy = upstream as tf.Tensor4D;
		const [size, , , out] = kernel.shape;
		const [batch, height, width, channels] = x.shape;
		const padded = padImage(x, (size - 1) / 2);
		const taps = Array.from({ length: size * size }, (_, i) =>
			tf.slice(padded, [0, Math.floor(i / size), i % size, 0], [batch, height, width, channels]),
		);
		const patches = tf.reshape(tf.concat(taps, 3), [-1, size * size * channels]); // [N, k² C]
		const flat = tf.matMul(patches, tf.reshape(dy, [-1, out]), true); // [k² C, out]
		return {
			x: tf.conv2dTranspose(dy, kernel, x.shape, 1, "same"),
			kernel: tf.reshape(flat, kernel.shape),
		};
	},
};

/**
 * A convolution of each channel for itself, every `stride`-th pixel, zeros beyond the edges.
 *
 * @param kernel `[size, size, channels]`, size odd.
 */
export function convolveChannels(x: tf.Tensor4D, kernel: tf.Tensor3D, stride: number): tf.Tensor4D {
	const [size, , channels] = kernel.shape;
	const padded = padImage(x, (size - 1) / 2);
	const sizes = [x.shape[1], x.shape[2]].map((n) => Math.floor((n - 1) / stride) + 1);
	const taps = Array.from({ length: size * size }, (_, i) => {
		const place = [Math.floor(i / size), i % size] as const;
		const weight = tf.reshape(tf.slice(kernel, [...place, 0], [1, 1, channels]), [channels]);
		return tf.mul(everyNth(padded, place, sizes as [number, number], stride), weight);
	});
	return tf.addN(taps) as tf.Tensor4D;
}

/** `x[b, top + stride · i, left + stride · j, c]`; the host's strided slice has no gradient. */
function everyNth(
	x: tf.Tensor4D,
	[top, left]: readonly [number, number],
	[height, width]: readonly [number, number],
	stride: number,
): tf.Tensor4D {
	const [batch, , , channels] = x.shape;
	const [tall, wide] = [height * stride, width * stride];
	const missing = [Math.max(top + tall - x.shape[1], 0), Math.max(left + wide - x.shape[2], 0)] as const;
	const whole = tf.pad(x, [
		[0, 0],
		[0, missing[0]],
		[0, missing[1]],
		[0, 0],
	]);
	const part = tf.slice(whole, [0, top, left, 0], [batch, tall, wide, channels]);
	const rows: tf.Tensor4D = tf.reshape(part, [batch, height, stride, wide * channels]);
	const first = tf.slice(rows, [0, 0, 0, 0], [batch, height, 1, wide * channels]);
	const columns: tf.Tensor4D = tf.reshape(first, [batch, height, width, stride * channels]);
	return tf.slice(columns, [0, 0, 0, 0], [batch, height, width, channels]);
}
