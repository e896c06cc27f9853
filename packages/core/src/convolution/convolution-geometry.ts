import type { Tensor4D } from "@tensorflow/tfjs-core";
import { checkDtype, checkNotEmpty, checkNumber, checkShape, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import {
	checkImage,
	countWindows,
	type Pair,
	resolvePair,
	resolveWindowPadding,
	type Sides,
	type WindowPadding,
} from "../resample/image-axes.ts";

/** Options that both convolutions share. */
export interface ConvolutionOptions {
	/** Steps from window to window. Default 1. */
	readonly strides?: Pair | undefined;
	/**
	 * `valid`, the default: windows stay inside the image. `same`: as many outputs as ⌈size / stride⌉, the odd pixel of
	 * padding after the image, as TensorFlow does. Or the zeros to add on each side, as PyTorch counts them.
	 */
	readonly padding?: WindowPadding | undefined;
	/** Pixels from tap to tap of the kernel. Default 1: side by side. */
	readonly dilation?: Pair | undefined;
}

/** The geometry of a convolution: vertical, then horizontal. */
export interface ConvolutionGeometry {
	/** Taps of the kernel. */
	readonly size: readonly [number, number];
	/** Height and width of the image. */
	readonly extent: readonly [number, number];
	readonly strides: readonly [number, number];
	readonly dilation: readonly [number, number];
	readonly padding: Sides;
	readonly outSize: readonly [number, number];
}

const imageAxes = ["batch", "height", "width", "channels"];

/** Refuses channels that do not fall into so many equal parts. */
function checkGroups(where: string, what: string, channels: number, groups: number): void {
	if (channels % groups === 0) return;
	const message = `${what} ${channels} channels, which do not fall into ${groups} equal groups. Use a divisor of ${channels} for \`groups\`.`;
	throw new HeedError("SHAPE", where, message);
}

/**
 * Checks the arguments of a convolution and spells its geometry out.
 *
 * @param names The axes of the kernel: height, width, channels in and out.
 */
export function convolutionGeometry(
	where: string,
	x: Tensor4D,
	kernel: Tensor4D,
	names: readonly string[],
	{ groups = 1, ...options }: ConvolutionOptions & { readonly groups?: number | undefined },
): ConvolutionGeometry {
	checkImage(where, x);
	const came = describeShape("x", x.shape, imageAxes);
	checkNumber(where, "groups", groups, { integer: true, min: 1 });
	checkGroups(where, "x has", x.shape[3], groups);
	const reason = groups === 1 ? came : `${came} in ${groups} groups`;
	checkShape(where, "kernel", kernel, names, [null, null, x.shape[3] / groups, null], reason);
	checkGroups(where, "kernel gives", kernel.shape[3], groups);
	checkDtype(where, "kernel", kernel, "float32");
	checkNotEmpty(where, "kernel", kernel, names);
	const strides = resolvePair(where, "strides", options.strides ?? 1);
	const dilation = resolvePair(where, "dilation", options.dilation ?? 1);
	const size = [kernel.shape[0], kernel.shape[1]] as const;
	const span = [(size[0] - 1) * dilation[0] + 1, (size[1] - 1) * dilation[1] + 1] as const;
	const extent = [x.shape[1], x.shape[2]] as const;
	const windows = { extent, size: span, strides };
	const padding = resolveWindowPadding(where, options.padding ?? "valid", windows);
	const outSize = countWindows(windows, padding);
	if (outSize[0] < 1 || outSize[1] < 1) {
		const message = `${came} is smaller than the kernel, which spans ${span.join(" by ")}. Use a smaller kernel or \`dilation\`, or \`padding\`.`;
		throw new HeedError("SHAPE", where, message);
	}
	return { size, extent, strides, dilation, padding, outSize };
}
