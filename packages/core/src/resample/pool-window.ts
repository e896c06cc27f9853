import type { Tensor4D } from "@tensorflow/tfjs-core";
import { describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import {
	checkImage,
	type Pair,
	resolvePair,
	resolveSides,
	type SidePadding,
	type Sides,
} from "./image-axes.ts";

/** Options that both poolings share. */
export interface PoolOptions {
	/** Steps from window to window. Default: the size of the window. */
	readonly strides?: Pair | undefined;
	/**
	 * `valid`, the default: windows stay inside the image. `same`: as many outputs as ⌈size / stride⌉, the odd pixel of
	 * padding after the image. Or the pixels to add on each side, fewer than the window has.
	 */
	readonly padding?: "valid" | "same" | SidePadding | undefined;
}

/** The geometry of a pooling: vertical, then horizontal. */
export interface PoolWindow {
	readonly size: readonly [number, number];
	readonly strides: readonly [number, number];
	readonly padding: Sides;
	readonly outSize: readonly [number, number];
}

function samePadding(size: number, window: number, stride: number): readonly [number, number] {
	const total = Math.max((Math.ceil(size / stride) - 1) * stride + window - size, 0);
	return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Checks the arguments of a pooling and spells its geometry out. Every window has at least one pixel of the image. */
export function poolWindow(where: string, x: Tensor4D, poolSize: Pair, options: PoolOptions): PoolWindow {
	checkImage(where, x);
	const size = resolvePair(where, "poolSize", poolSize);
	const strides = resolvePair(where, "strides", options.strides ?? size);
	const extent = [x.shape[1], x.shape[2]] as const;
	const { padding: given = "valid" } = options;
	if (typeof given === "string" && given !== "valid" && given !== "same") {
		const message = `\`padding\` is ${JSON.stringify(given)}; expected 'valid', 'same', a number, or [[top, bottom], [left, right]].`;
		throw new HeedError("OPTION", where, message);
	}
	const padding: Sides =
		given === "same"
			? [samePadding(extent[0], size[0], strides[0]), samePadding(extent[1], size[1], strides[1])]
			: resolveSides(where, given === "valid" ? 0 : given, size);
	const outputs = (axis: 0 | 1): number =>
		Math.floor((extent[axis] + padding[axis][0] + padding[axis][1] - size[axis]) / strides[axis]) + 1;
	const outSize = [outputs(0), outputs(1)] as const;
	if (outSize[0] < 1 || outSize[1] < 1) {
		const came = describeShape("x", x.shape, ["batch", "height", "width", "channels"]);
		const message = `${came} is smaller than the window of ${size.join(" by ")}. Use a smaller \`poolSize\`, or padding.`;
		throw new HeedError("SHAPE", where, message);
	}
	return { size, strides, padding, outSize };
}
