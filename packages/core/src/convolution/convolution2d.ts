import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { ensureGradient, ensureKernel } from "../kernel/fused-kernels.ts";
import { zerosFor } from "../zeros-for.ts";
import { byGroup } from "./channel-groups.ts";
import { imageGradient, kernelGradient } from "./composed-gradients.ts";
import {
	type ConvolutionGeometry,
	type ConvolutionOptions,
	convolutionGeometry,
} from "./convolution-geometry.ts";
import { convolveDepthwise } from "./depthwise-convolution2d.ts";
import {
	hasKernels,
	hostAttributes,
	hostConvolution,
	isDilated,
	isPointwise,
	runHost,
} from "./host-convolution.ts";

/** Options of {@link convolution2d}. */
export interface Convolution2dOptions extends ConvolutionOptions {
	/** Into how many parts the channels fall that do not see each other. Default 1. */
	readonly groups?: number | undefined;
}

const where = "convolution2d";
const kernelName = "HeedConvolution2D";
const kernelAxes = ["kernelHeight", "kernelWidth", "inChannels", "outChannels"];

/** Pixels as the rows of a matrix. */
const rows = (x: tf.Tensor4D): tf.Tensor2D => tf.reshape(x, [-1, x.shape[3]]);

function forward(x: tf.Tensor4D, kernel: tf.Tensor4D, geometry: ConvolutionGeometry): tf.Tensor4D {
	if (!isPointwise(geometry)) return hostConvolution(x, kernel, geometry);
	const [batch, height, width] = x.shape;
	const matrix = tf.reshape(kernel, [kernel.shape[2], -1]); // [I, O]
	return tf.reshape(tf.matMul(rows(x), matrix as tf.Tensor2D), [batch, height, width, -1]); // [B, H, W, O]
}

function toImage(dy: tf.Tensor4D, kernel: tf.Tensor4D, geometry: ConvolutionGeometry): tf.Tensor4D {
	// Where the kernel's gradient is missing, on the wasm backend, the image's is a slow loop and products turn slowly.
	const trains = hasKernels("Conv2DBackpropInput", "Conv2DBackpropFilter");
	const batch = dy.shape[0];
	const inChannels = kernel.shape[2];
	if (isPointwise(geometry)) {
		const matrix = tf.reshape(kernel, [inChannels, -1]) as tf.Tensor2D; // [I, O]
		const product = trains
			? tf.matMul(rows(dy), matrix, false, true)
			: tf.matMul(rows(dy), tf.transpose(matrix));
		return tf.reshape(product, [batch, ...geometry.extent, inChannels]); // [B, H, W, I]
	}
	if (!trains || isDilated(geometry)) return imageGradient(dy, kernel, geometry);
	const attributes = { ...hostAttributes(geometry), inputShape: [batch, ...geometry.extent, inChannels] };
	return runHost("Conv2DBackpropInput", { dy, filter: kernel }, attributes);
}

function toKernel(x: tf.Tensor4D, dy: tf.Tensor4D, geometry: ConvolutionGeometry): tf.Tensor4D {
	const trains = hasKernels("Conv2DBackpropFilter");
	const shape = [...geometry.size, x.shape[3], dy.shape[3]] as tf.Tensor4D["shape"]; // [R, S, I, O]
	if (isPointwise(geometry)) {
		const product = trains
			? tf.matMul(rows(x), rows(dy), true, false)
			: tf.matMul(tf.transpose(rows(x)), rows(dy));
		return tf.reshape(product, shape);
	}
	if (!trains || isDilated(geometry)) return kernelGradient(x, dy, geometry);
	const attributes = { ...hostAttributes(geometry), filterShape: shape };
	return runHost("Conv2DBackpropFilter", { x, dy }, attributes);
}

/** The attributes of the kernel. */
interface Attributes {
	readonly geometry: ConvolutionGeometry;
	readonly groups: number;
}

/** Registers both directions, once. A registered gradient computes only what is asked for; `tf.customGrad` computes all. */
function register(): void {
	ensureKernel(kernelName, ({ inputs, attrs }) => {
		const { geometry, groups } = attrs as unknown as Attributes;
		const { x, kernel } = inputs as Record<"x" | "kernel", tf.Tensor4D>;
		return tf.tidy(() => byGroup(groups, x, kernel, (a, b) => forward(a, b, geometry)));
	});
	ensureGradient({
		kernelName,
		inputsToSave: ["x", "kernel"],
		gradFunc: (upstream, saved, attrs) => {
			const dy = upstream as tf.Tensor4D;
			const [x, kernel] = saved as [tf.Tensor4D, tf.Tensor4D];
			const { geometry, groups } = attrs as unknown as Attributes;
			return {
				x: () => byGroup(groups, dy, kernel, (a, b) => toImage(a, b, geometry)),
				kernel: () => byGroup(groups, x, dy, (a, b) => toKernel(a, b, geometry)),
			};
		},
	});
}

/**
 * A convolution that can be trained on every backend, also dilated and in groups.
 *
 * ```text
 * output[b, i, j, o] = Σ_(r, s, c) kernel[r, s, c, o] · x[b, i·stride + r·dilation - top, j·stride + s·dilation - left, c]
 * ```
 *
 * with zeros outside of the image, and `c` over the channels of the group of `o`. The host's `conv2d` has no gradient of
 * the kernel on the wasm backend, none at all if it is dilated, and no groups. There is no bias: add it. A convolution over
 * a sequence, or over channels, is one with an image of height 1.
 *
 * On the wasm backend with the kernels of `@heed/backend-wasm` the gradients run in those; without them, and if it is
 * dilated, they are composed of forward convolutions. Every group is a convolution of its own, so many groups of few
 * channels cost about as much as one dense convolution. It has no second derivative.
 *
 * @param x `[batch, height, width, channels]`, float32. Differentiable.
 * @param kernel `[kernelHeight, kernelWidth, channels / groups, outChannels]`, float32. Differentiable. The first
 * `outChannels / groups` see the first group, and so on.
 * @returns `[batch, outHeight, outWidth, outChannels]`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function convolution2d(
	x: tf.Tensor4D,
	kernel: tf.Tensor4D,
	options: Convolution2dOptions = {},
): tf.Tensor4D {
	checkOptions(where, options, ["strides", "padding", "dilation", "groups"]);
	const { groups = 1 } = options;
	const geometry = convolutionGeometry(where, x, kernel, kernelAxes, options);
	const [batch, , , channels] = x.shape;
	const [height, width, inChannels, outChannels] = kernel.shape;
	if (x.size === 0) return zerosFor<tf.Rank.R4>([batch, ...geometry.outSize, outChannels], x, kernel);
	if (groups > 1 && inChannels === 1) {
		const each = [height, width, channels, outChannels / channels] as const; // the same numbers
		return tf.tidy(() => convolveDepthwise(x, tf.reshape<tf.Rank.R4>(kernel, [...each]), geometry));
	}
	register();
	return runHost(kernelName, { x, kernel }, { geometry, groups });
}
