import * as tf from "@tensorflow/tfjs-core";
import { checkChoice, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { checkImage, resolvePair } from "./image-axes.ts";

/** Where the output pixels lie in the input. */
export type ResizeCoordinates = "half-pixel" | "align-corners" | "asymmetric";

/** The place in the input of output pixel i, in pixels; it may lie a little outside. */
export function sourceOf(i: number, size: number, outSize: number, coordinates: ResizeCoordinates): number {
	if (coordinates === "align-corners") return outSize === 1 ? 0 : (i * (size - 1)) / (outSize - 1);
	if (coordinates === "asymmetric") return (i * size) / outSize;
	return ((i + 0.5) * size) / outSize - 0.5;
}

/** Checks what both ways of resizing take, and returns the size of the output. */
export function checkResize(
	where: string,
	x: tf.Tensor4D,
	size: readonly [number, number],
	coordinates: ResizeCoordinates,
): readonly [number, number] {
	checkChoice(where, "coordinates", coordinates, ["half-pixel", "align-corners", "asymmetric"]);
	checkImage(where, x);
	const outSize = resolvePair(where, "size", size);
	if (x.shape[1] * x.shape[2] > 0) return outSize;
	const came = describeShape("x", x.shape, ["batch", "height", "width", "channels"]);
	throw new HeedError("SHAPE", where, `${came} has no pixels; expected at least one.`);
}

/** `R_y · x[b, :, :, c] · R_xᵀ`, with `[outHeight, height]` and `[outWidth, width]`. */
export function multiplyAxes(x: tf.Tensor4D, vertical: tf.Tensor2D, horizontal: tf.Tensor2D): tf.Tensor4D {
	const [batch, height, width, channels] = x.shape;
	const [outHeight, outWidth] = [vertical.shape[0], horizontal.shape[0]];
	const rows = tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [height, -1]); // [H, B W C]
	const tall = tf.matMul(vertical, rows); // [h, B W C]
	const columns = tf.transpose(tf.reshape(tall, [outHeight, batch, width, channels]), [2, 1, 0, 3]); // [W, B, h, C]
	const wide = tf.matMul(horizontal, tf.reshape(columns, [width, -1])); // [w, B h C]
	return tf.transpose(tf.reshape(wide, [outWidth, batch, outHeight, channels]), [1, 2, 0, 3]); // [B, h, w, C]
}
