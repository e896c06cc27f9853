import * as tf from "@tensorflow/tfjs-core";
import type { ConvolutionGeometry } from "./convolution-geometry.ts";
import { hostConvolution, hostDepthwise, padOrCrop } from "./host-convolution.ts";

// The gradients of convolutions from what every backend has: forward convolutions. For where the host has no kernels for
// them, which is the wasm backend, and for dilated kernels, where it has none anywhere.

/** Puts `strides - 1` zeros behind every row and column: the gradient on the grid of the image. */
function spread(dy: tf.Tensor4D, [down, right]: readonly [number, number]): tf.Tensor4D {
	const [batch, height, width, channels] = dy.shape;
	const wide =
		right === 1
			? dy
			: tf.pad(tf.reshape(dy, [-1, 1, channels]), [
					[0, 0],
					[0, right - 1],
					[0, 0],
				]); // [B h w, right, C]
	if (down === 1) return tf.reshape(wide, [batch, height, width * right, channels]);
	const row = width * right * channels;
	const tall = tf.pad(tf.reshape(wide, [batch * height, 1, row]), [
		[0, 0],
		[0, down - 1],
		[0, 0],
	]); // [B h, down, w right C]
	return tf.reshape(tall, [batch, height * down, width * right, channels]);
}

/** The gradient on the grid of the image, with zeros around it, so that a turned kernel sweeps over the whole image. */
function spreadForImage(dy: tf.Tensor4D, geometry: ConvolutionGeometry): tf.Tensor4D {
	const { size, extent, strides, dilation, padding } = geometry;
	const grid = spread(dy, strides);
	const sides = ([0, 1] as const).map((axis) => {
		const reach = (size[axis] - 1) * dilation[axis];
		const before = reach - padding[axis][0];
		return [before, extent[axis] + reach - before - (grid.shape[axis + 1] ?? 0)] as const;
	});
	return padOrCrop(grid, sides as unknown as ConvolutionGeometry["padding"]);
}

const unstrided = (dilation: readonly [number, number]): Parameters<typeof hostConvolution>[2] => ({
	strides: [1, 1],
	dilation,
	padding: [
		[0, 0],
		[0, 0],
	],
});

/** The gradient of the image: the turned kernel over the spread gradient. */
export function imageGradient(
	dy: tf.Tensor4D,
	kernel: tf.Tensor4D,
	geometry: ConvolutionGeometry,
): tf.Tensor4D {
	const turned = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]); // [R, S, O, I]
	return hostConvolution(spreadForImage(dy, geometry), turned, unstrided(geometry.dilation)); // [B, H, W, I]
}

/** The pixels of the padded image that meet the kernel. */
function seenPixels(
	x: tf.Tensor4D,
	{ size, extent, strides, dilation, padding, outSize }: ConvolutionGeometry,
): tf.Tensor4D {
	const sides = ([0, 1] as const).map((axis) => {
		const span = (outSize[axis] - 1) * strides[axis] + (size[axis] - 1) * dilation[axis] + 1;
		return [padding[axis][0], span - extent[axis] - padding[axis][0]] as const;
	});
	return padOrCrop(x, sides as unknown as ConvolutionGeometry["padding"]);
}

/**
 * The gradient of the kernel, a convolution as well: of the image with the gradient as its kernel, whose taps are as far
 * apart as the windows were. Sums run over the batch, which takes the place of the channels.
 */
export function kernelGradient(x: tf.Tensor4D, dy: tf.Tensor4D, geometry: ConvolutionGeometry): tf.Tensor4D {
	const images = tf.transpose(seenPixels(x, geometry), [3, 1, 2, 0]); // [I, H, W, B]
	const taps = tf.transpose(dy, [1, 2, 0, 3]); // [h, w, B, O]
	const swapped = { ...unstrided(geometry.strides), strides: geometry.dilation };
	return tf.transpose(hostConvolution(images, taps, swapped), [1, 2, 0, 3]); // [R, S, I, O]
}

/** {@link imageGradient} of a depthwise convolution. */
export function depthwiseImageGradient(
	dy: tf.Tensor4D,
	kernel: tf.Tensor4D,
	geometry: ConvolutionGeometry,
): tf.Tensor4D {
	const [rows, columns, channels, multiplier] = kernel.shape;
	const turned = tf.reshape(tf.reverse(kernel, [0, 1]), [rows, columns, channels * multiplier, 1]);
	const grid = spreadForImage(dy, geometry);
	const each = hostDepthwise(grid, turned as tf.Tensor4D, unstrided(geometry.dilation)); // [B, H, W, C M]
	if (multiplier === 1) return each;
	const [batch, height, width] = each.shape;
	const sum = tf.sum(tf.reshape(each, [-1, multiplier]), 1); // [B H W C]
	return tf.reshape(sum, [batch, height, width, channels]);
}

/** {@link kernelGradient} of a depthwise convolution: the batch falls into channels of one image, whose sums are added up. */
export function depthwiseKernelGradient(
	x: tf.Tensor4D,
	dy: tf.Tensor4D,
	geometry: ConvolutionGeometry,
): tf.Tensor4D {
	const { size, strides, dilation, outSize } = geometry;
	const [batch, , , channels] = x.shape;
	const multiplier = dy.shape[3] / channels;
	const seen = tf.transpose(seenPixels(x, geometry), [1, 2, 0, 3]); // [H, W, B, C]
	const image = tf.reshape<tf.Rank.R4>(seen, [1, seen.shape[0], seen.shape[1], batch * channels]);
	const upstream = tf.transpose(dy, [1, 2, 0, 3]); // [h, w, B, C M]
	const taps = tf.reshape<tf.Rank.R4>(upstream, [...outSize, batch * channels, multiplier]);
	const swapped = { ...unstrided(strides), strides: dilation };
	const each = tf.reshape(hostDepthwise(image, taps, swapped), [-1, batch, channels * multiplier]); // [R S, B, C M]
	return tf.reshape(tf.sum(each, 1), [...size, channels, multiplier]); // [R, S, C, M]
}
