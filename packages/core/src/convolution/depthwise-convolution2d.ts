import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { ensureGradient, ensureKernel } from "../kernel/fused-kernels.ts";
import { zerosFor } from "../zeros-for.ts";
import { depthwiseImageGradient, depthwiseKernelGradient } from "./composed-gradients.ts";
import {
	type ConvolutionGeometry,
	type ConvolutionOptions,
	convolutionGeometry,
} from "./convolution-geometry.ts";
import { hasKernels, hostAttributes, hostDepthwise, isDilated, runHost } from "./host-convolution.ts";

/** Options of {@link depthwiseConvolution2d}. */
export type DepthwiseConvolution2dOptions = ConvolutionOptions;

const where = "depthwiseConvolution2d";
const kernelName = "HeedDepthwiseConvolution2D";
const kernelAxes = ["kernelHeight", "kernelWidth", "channels", "multiplier"];

const toImageName = "DepthwiseConv2dNativeBackpropInput";
const toKernelName = "DepthwiseConv2dNativeBackpropFilter";

/** Registers both directions, once. A registered gradient computes only what is asked for; `tf.customGrad` computes all. */
function register(): void {
	ensureKernel(kernelName, ({ inputs, attrs }) => {
		const { geometry } = attrs as unknown as { geometry: ConvolutionGeometry };
		return tf.tidy(() => hostDepthwise(inputs.x as tf.Tensor4D, inputs.kernel as tf.Tensor4D, geometry));
	});
	ensureGradient({
		kernelName,
		inputsToSave: ["x", "kernel"],
		gradFunc: (upstream, saved, attrs) => {
			const dy = upstream as tf.Tensor4D;
			const [x, kernel] = saved as [tf.Tensor4D, tf.Tensor4D];
			const { geometry } = attrs as unknown as { geometry: ConvolutionGeometry };
			const composed = isDilated(geometry) || !hasKernels(toImageName, toKernelName);
			const attributes = hostAttributes(geometry);
			return {
				x: () =>
					composed
						? depthwiseImageGradient(dy, kernel, geometry)
						: runHost(toImageName, { dy, filter: kernel }, { ...attributes, inputShape: x.shape }),
				kernel: () =>
					composed
						? depthwiseKernelGradient(x, dy, geometry)
						: runHost(toKernelName, { x, dy }, { ...attributes, filterShape: kernel.shape }),
			};
		},
	});
}

/** {@link depthwiseConvolution2d} of what has been checked. */
export function convolveDepthwise(
	x: tf.Tensor4D,
	kernel: tf.Tensor4D,
	geometry: ConvolutionGeometry,
): tf.Tensor4D {
	register();
	return runHost(kernelName, { x, kernel }, { geometry });
}

/**
 * A convolution of every channel on its own that can be trained on every backend, also dilated.
 *
 * ```text
 * output[b, i, j, c·M + m] = Σ_(r, s) kernel[r, s, c, m] · x[b, i·stride + r·dilation - top, j·stride + s·dilation - left, c]
 * ```
 *
 * with zeros outside of the image and M the multiplier. The host's `depthwiseConv2d` has no gradients on the wasm
 * backend, none anywhere if it is dilated, and no strides together with dilation. There is no bias: add it. It has no
 * second derivative.
 *
 * @param x `[batch, height, width, channels]`, float32. Differentiable.
 * @param kernel `[kernelHeight, kernelWidth, channels, multiplier]`, float32. Differentiable.
 * @returns `[batch, outHeight, outWidth, channels · multiplier]`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function depthwiseConvolution2d(
	x: tf.Tensor4D,
	kernel: tf.Tensor4D,
	options: DepthwiseConvolution2dOptions = {},
): tf.Tensor4D {
	checkOptions(where, options, ["strides", "padding", "dilation"]);
	const geometry = convolutionGeometry(where, x, kernel, kernelAxes, options);
	const outChannels = x.shape[3] * kernel.shape[3];
	if (x.size === 0) return zerosFor<tf.Rank.R4>([x.shape[0], ...geometry.outSize, outChannels], x, kernel);
	return convolveDepthwise(x, kernel, geometry);
}
