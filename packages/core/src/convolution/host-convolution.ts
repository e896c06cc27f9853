import * as tf from "@tensorflow/tfjs-core";
import type { Sides } from "../resample/image-axes.ts";
import type { ConvolutionGeometry } from "./convolution-geometry.ts";

/** What the host's kernels need to know. */
export type HostGeometry = Pick<ConvolutionGeometry, "strides" | "dilation" | "padding">;

/** The attributes that the host's convolutions and their gradients share. */
export function hostAttributes({ strides, dilation, padding }: HostGeometry): Record<string, unknown> {
	return {
		strides: [...strides],
		dilations: [...dilation],
		pad: [[0, 0], [...padding[0]], [...padding[1]], [0, 0]],
		dataFormat: "NHWC",
	};
}

/** Runs a kernel of the host with attributes that its own types do not name. */
export function runHost(name: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor4D {
	return tf.engine().runKernel<tf.Tensor4D>(name, inputs, attributes as tf.NamedAttrMap);
}

/** Whether the current backend has all of these kernels of the host. */
export function hasKernels(...names: string[]): boolean {
	return names.every((name) => tf.getKernel(name, tf.getBackend()) !== undefined);
}

const isOne = ([vertical, horizontal]: readonly [number, number]): boolean => vertical * horizontal === 1;

/** Whether a kernel has no neighbours to look at: each output is a product of one pixel's channels. */
export function isPointwise({ size, strides, padding }: ConvolutionGeometry): boolean {
	return isOne(size) && isOne(strides) && padding.flat().every((pixels) => pixels === 0);
}

export const isDilated = ({ dilation }: HostGeometry): boolean => !isOne(dilation);

/** The forward pass `[B, H, W, I] ∗ [R, S, I, O]` in the host's kernel. No gradient. */
export function hostConvolution(x: tf.Tensor4D, filter: tf.Tensor4D, geometry: HostGeometry): tf.Tensor4D {
	return runHost("Conv2D", { x, filter }, hostAttributes(geometry)); // [B, h, w, O]
}

/** The forward pass `[B, H, W, C] ∗ [R, S, C, M]`, channel by channel, in the host's kernel. No gradient. */
export function hostDepthwise(x: tf.Tensor4D, filter: tf.Tensor4D, geometry: HostGeometry): tf.Tensor4D {
	const { strides } = geometry;
	const both = !isOne(strides) && isDilated(geometry); // the host refuses both at once
	const attributes = hostAttributes(both ? { ...geometry, strides: [1, 1] } : geometry);
	const output = runHost("DepthwiseConv2dNative", { x, filter }, attributes);
	if (!both) return output; // [B, h, w, C M]
	return tf.stridedSlice(output, [0, 0, 0, 0], output.shape, [1, ...strides, 1]) as tf.Tensor4D;
}

/** Adds zeros on the sides of an image, or takes pixels away where a number is negative. */
export function padOrCrop(x: tf.Tensor4D, sides: Sides): tf.Tensor4D {
	const [[top, bottom], [left, right]] = sides;
	const [batch, height, width, channels] = x.shape;
	const cut = (pixels: number): number => Math.max(-pixels, 0);
	const add = (pixels: number): number => Math.max(pixels, 0);
	const cropped = sides.flat().some((pixels) => pixels < 0)
		? tf.slice(
				x,
				[0, cut(top), cut(left), 0],
				[batch, height - cut(top) - cut(bottom), width - cut(left) - cut(right), channels],
			)
		: x;
	if (sides.flat().every((pixels) => pixels <= 0)) return cropped;
	return tf.pad(cropped, [
		[0, 0],
		[add(top), add(bottom)],
		[add(left), add(right)],
		[0, 0],
	]);
}
