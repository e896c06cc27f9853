import * as tf from "@tensorflow/tfjs-core";
import type { GridSampleAttributes } from "./grid-sample-attributes.ts";

/** One pixel row or column that a sampling point reads, for every point at once. */
export interface AxisTap {
	/** Which row or column, always inside the image. int32. */
	readonly index: tf.Tensor2D; // [B, P]
	/** How much of it; 0 where the pixel lies outside and the padding is `zeros`. */
	readonly weight: tf.Tensor2D; // [B, P]
	/** Derivative of `weight` with respect to the grid coordinate. */
	readonly slope: tf.Tensor2D; // [B, P]
}

/** A pixel coordinate after padding, and the derivative with respect to the one before. */
interface PaddedCoordinate {
	readonly at: tf.Tensor2D;
	readonly slope: tf.Tensor2D;
}

/** Far outside of any image, and still small enough for exact int32 arithmetic afterwards. */
const farAway = 1e6;

/** The constant of the cubic kernel that PyTorch and ONNX use. */
const cubic = -0.75;

const float = (condition: tf.Tensor2D): tf.Tensor2D => tf.cast(condition, "float32");

/** 1 where a whole pixel coordinate is inside `0 .. size - 1`. */
function inside(at: tf.Tensor2D, size: number): tf.Tensor2D {
	return float(tf.logicalAnd(tf.greaterEqual(at, 0), tf.lessEqual(at, size - 1)));
}

function clamp(at: tf.Tensor2D, size: number): PaddedCoordinate {
	const free = tf.logicalAnd(tf.greater(at, 0), tf.less(at, size - 1));
	return { at: tf.clipByValue(at, 0, size - 1), slope: float(free as tf.Tensor2D) };
}

/** Folds the line at the image border: at the outer pixels' centres when aligned, else at their outer edges. */
function reflect(at: tf.Tensor2D, size: number, alignCorners: boolean): PaddedCoordinate {
	const low = alignCorners ? 0 : -0.5;
	const span = alignCorners ? size - 1 : size;
	if (span === 0) return { at: tf.zerosLike(at), slope: tf.zerosLike(at) };
	const fromLow: tf.Tensor2D = tf.sub(at, low);
	const distance: tf.Tensor2D = tf.abs(fromLow);
	const flips: tf.Tensor2D = tf.floor(tf.div(distance, span));
	const rest: tf.Tensor2D = tf.sub(distance, tf.mul(flips, span));
	const odd: tf.Tensor2D = tf.sub(flips, tf.mul(tf.floor(tf.div(flips, 2)), 2));
	const within: tf.Tensor2D = tf.where(tf.greater(odd, 0), tf.sub(span, rest), rest);
	const folded = clamp(tf.add<tf.Tensor2D>(within, low), size);
	const direction: tf.Tensor2D = tf.sub(1, tf.mul(float(tf.less(fromLow, 0)), 2));
	const turn: tf.Tensor2D = tf.mul(direction, tf.sub(1, tf.mul(odd, 2)));
	return { at: folded.at, slope: tf.mul(turn, folded.slope) };
}

function pad(at: tf.Tensor2D, size: number, attributes: GridSampleAttributes): PaddedCoordinate {
	if (attributes.padding === "border") return clamp(at, size);
	if (attributes.padding === "reflection") return reflect(at, size, attributes.alignCorners);
	return { at, slope: tf.onesLike(at) };
}

/** The weights of the four taps around a point at the fraction `f`, and their derivatives: a cubic convolution. */
function cubicWeights(f: tf.Tensor2D): (readonly [weight: tf.Tensor2D, slope: tf.Tensor2D])[] {
	const polynomial = (x: tf.Tensor2D, [a, b, c, d]: readonly [number, number, number, number]): tf.Tensor2D =>
		tf.add(tf.mul(tf.add(tf.mul(tf.add(tf.mul(x, a), b), x), c), x), d);
	const near = [cubic + 2, -(cubic + 3), 0, 1] as const; // distance 0..1
	const far = [cubic, -5 * cubic, 8 * cubic, -4 * cubic] as const; // distance 1..2
	return ([-1, 0, 1, 2] as const).map((offset) => {
		const sign = offset <= 0 ? 1 : -1; // the distance grows or shrinks with f
		const distance: tf.Tensor2D = tf.mul(tf.sub(f, offset), sign);
		const [a, b, c, d] = offset === 0 || offset === 1 ? near : far;
		const slope = polynomial(distance, [0, 3 * a, 2 * b, c]);
		return [polynomial(distance, [a, b, c, d]), tf.mul(slope, sign)] as const;
	});
}

/**
 * The pixels along one axis that sampling points read: one for `nearest`, two for `bilinear`, four for `bicubic`. A
 * coordinate that is not finite has weight 0 and slope 0 everywhere. Call it inside `tf.tidy`, off the tape.
 *
 * @param coordinate The x or the y of every point of the grid, -1..1 over the image.
 * @param size The image's width or height.
 */
export function axisTaps(coordinate: tf.Tensor2D, size: number, attributes: GridSampleAttributes): AxisTap[] {
	const { interpolation, alignCorners } = attributes;
	const finite = tf.isFinite(coordinate) as tf.Tensor2D;
	const visible = float(finite);
	const safe = tf.clipByValue(tf.where(finite, coordinate, tf.zerosLike(coordinate)), -farAway, farAway);
	const scale = (alignCorners ? size - 1 : size) / 2;
	const raw: tf.Tensor2D = tf.add(tf.mul(safe, scale), (size - 1) / 2);

	const tap = (at: tf.Tensor2D, weight: tf.Tensor2D, slope: tf.Tensor2D): AxisTap => {
		const counts: tf.Tensor2D = tf.mul(inside(at, size), visible);
		const index: tf.Tensor2D = tf.cast(tf.clipByValue(at, 0, size - 1), "int32");
		return { index, weight: tf.mul(weight, counts), slope: tf.mul(tf.mul(slope, scale), counts) };
	};

	if (interpolation === "bicubic") {
		const first: tf.Tensor2D = tf.floor(raw);
		return cubicWeights(tf.sub(raw, first)).map(([weight, slope], i) =>
			tap(tf.round(pad(tf.add(first, i - 1), size, attributes).at), weight, slope),
		);
	}
	const { at, slope } = pad(raw, size, attributes);
	if (interpolation === "nearest") return [tap(tf.round(at), tf.onesLike(at), tf.zerosLike(at))];
	const first: tf.Tensor2D = tf.floor(at);
	const fraction: tf.Tensor2D = tf.sub(at, first);
	return [tap(first, tf.sub(1, fraction), tf.neg(slope)), tap(tf.add(first, 1), fraction, slope)];
}
