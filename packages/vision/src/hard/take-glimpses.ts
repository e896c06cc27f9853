import { checkNumber, stopGradient } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/** What a glimpse takes in. */
export interface GlimpseArgs {
	/** Height and width of every patch that comes out, in pixels. Default 8. */
	readonly patchSize?: number | undefined;
	/** How many patches of the same centre there are, each wider than the one before. Default 1. */
	readonly numScales?: number | undefined;
	/** How many times wider each patch looks than the one before; a whole number from 2. Default 2. */
	readonly scale?: number | undefined;
}

/** {@link GlimpseArgs} with their defaults. */
export interface GlimpseWindow {
	readonly patchSize: number;
	readonly numScales: number;
	readonly scale: number;
}

/** The names of {@link GlimpseArgs}. */
export const glimpseNames = ["patchSize", "numScales", "scale"] as const;

/** Checks {@link GlimpseArgs} and fills in what is not given. */
export function resolveWindow(where: string, args: GlimpseArgs): GlimpseWindow {
	const { patchSize = 8, numScales = 1, scale = 2 } = args;
	checkNumber(where, "patchSize", patchSize, { integer: true, min: 1 });
	checkNumber(where, "numScales", numScales, { integer: true, min: 1 });
	checkNumber(where, "scale", scale, { integer: true, min: 2 });
	return { patchSize, numScales, scale };
}

/** How much wider than the first each patch looks: 1, 2, 4 … */
function ratiosOf({ numScales, scale }: GlimpseWindow): number[] {
	return Array.from({ length: numScales }, (_, k) => scale ** k);
}

/**
 * Patches around a place: `[batch, patchSize, patchSize, numScales · channels]`, scale by scale.
 *
 * @param x `[batch, height, width, channels]`.
 * @param location (x, y) in −1 … 1, `[batch, 2]`; no gradient goes there.
 */
export function takeGlimpses(x: tf.Tensor4D, location: tf.Tensor2D, window: GlimpseWindow): tf.Tensor4D {
	const { patchSize } = window;
	return tf.concat(
		ratiosOf(window).map((ratio) => takeGlimpse(x, location, patchSize, ratio)),
		3,
	);
}

/** One patch, each of whose pixels is the mean of `ratio` × `ratio` of the image: `[batch, patchSize, patchSize, channels]`. */
export function takeGlimpse(
	x: tf.Tensor4D,
	location: tf.Tensor2D,
	patchSize: number,
	ratio: number,
): tf.Tensor4D {
	const [batch, height, width, channels] = x.shape;
	const [column, row] = firstPixels(location, [height, width], patchSize * ratio);
	const rows = axisMatrix(row, height, patchSize, ratio); // [B, g, H]
	const columns = axisMatrix(column, width, patchSize, ratio); // [B, g, W]
	const strips = tf.matMul(rows, tf.reshape(x, [batch, height, width * channels])); // [B, g, W C]
	const turned = tf.transpose(tf.reshape(strips, [batch, patchSize, width, channels]), [0, 2, 1, 3]);
	const patches = tf.matMul(columns, tf.reshape(turned, [batch, width, patchSize * channels])); // [B, g, g C]
	return tf.transpose(tf.reshape(patches, [batch, patchSize, patchSize, channels]), [0, 2, 1, 3]);
}

/** Where the patches lie in the image: top, left, bottom, right in pixels, the last two past the end, `[batch, scale, 4]`. */
export function glimpseBoxes(x: tf.Tensor4D, location: tf.Tensor2D, window: GlimpseWindow): tf.Tensor3D {
	const [, height, width] = x.shape;
	const boxes = ratiosOf(window).map((ratio) => {
		const size = window.patchSize * ratio;
		const [left, top] = firstPixels(location, [height, width], size);
		return tf.stack([top, left, tf.add(top, size), tf.add(left, size)], 1); // [B, 4]
	});
	return tf.stack(boxes, 1) as tf.Tensor3D;
}

/** The first column and row of a window of a size, each `[batch]`; a location has no gradient, as rounding has none. */
function firstPixels(
	location: tf.Tensor2D,
	[height, width]: readonly [number, number],
	size: number,
): [column: tf.Tensor1D, row: tf.Tensor1D] {
	const [batch] = location.shape;
	const place = stopGradient(location);
	const along = (coordinate: number, length: number): tf.Tensor1D => {
		const value = tf.reshape(tf.slice(place, [0, coordinate], [batch, 1]), [batch]);
		const centre = tf.floor(tf.mul(tf.mul(tf.add(value, 1), length), 0.5));
		return tf.sub(centre, Math.floor(size / 2)) as tf.Tensor1D;
	};
	return [along(0, width), along(1, height)];
}

/** `[batch, patchSize, length]`: 1 / ratio at the `ratio` pixels that make up a pixel of the patch, 0 elsewhere. */
function axisMatrix(first: tf.Tensor1D, length: number, patchSize: number, ratio: number): tf.Tensor3D {
	const [batch] = first.shape;
	const steps = tf.reshape(tf.mul(tf.range(0, patchSize), ratio), [1, patchSize]);
	const starts = tf.add(tf.reshape(first, [batch, 1]), steps); // [B, g]
	const pixels = tf.reshape(tf.range(0, length), [1, 1, length]);
	const distance = tf.sub(pixels, tf.reshape(starts, [batch, patchSize, 1])); // [B, g, S]
	const within = tf.logicalAnd(tf.greaterEqual(distance, 0), tf.less(distance, ratio));
	return tf.mul(tf.cast(within, "float32"), 1 / ratio);
}
