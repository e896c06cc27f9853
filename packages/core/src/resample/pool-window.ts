import type { Tensor4D } from "@tensorflow/tfjs-core";
import { describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import {
	checkImage,
	countWindows,
	type Pair,
	resolvePair,
	resolveWindowPadding,
	type Sides,
	type WindowPadding,
} from "./image-axes.ts";

/** Options that both poolings share. */
export interface PoolOptions {
	/** Steps from window to window. Default: the size of the window. */
	readonly strides?: Pair | undefined;
	/**
	 * `valid`, the default: windows stay inside the image. `same`: as many outputs as ⌈size / stride⌉, the odd pixel of
	 * padding after the image. Or the pixels to add on each side, fewer than the window has.
	 */
	readonly padding?: WindowPadding | undefined;
}

/** The geometry of a pooling: vertical, then horizontal. */
export interface PoolWindow {
	readonly size: readonly [number, number];
	readonly strides: readonly [number, number];
	readonly padding: Sides;
	readonly outSize: readonly [number, number];
}

/** Checks the arguments of a pooling and spells its geometry out. Every window has at least one pixel of the image. */
export function poolWindow(where: string, x: Tensor4D, poolSize: Pair, options: PoolOptions): PoolWindow {
	checkImage(where, x);
	const size = resolvePair(where, "poolSize", poolSize);
	const strides = resolvePair(where, "strides", options.strides ?? size);
	const extent = [x.shape[1], x.shape[2]] as const;
	const windows = { extent, size, strides };
	const padding = resolveWindowPadding(where, options.padding ?? "valid", windows, size);
	const outSize = countWindows(windows, padding);
	if (outSize[0] < 1 || outSize[1] < 1) {
		const came = describeShape("x", x.shape, ["batch", "height", "width", "channels"]);
		const message = `${came} is smaller than the window of ${size.join(" by ")}. Use a smaller \`poolSize\`, or padding.`;
		throw new HeedError("SHAPE", where, message);
	}
	return { size, strides, padding, outSize };
}
