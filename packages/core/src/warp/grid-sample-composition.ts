import * as tf from "@tensorflow/tfjs-core";
import { type AxisTap, axisTaps } from "./axis-taps.ts";
import type { GridSampleAttributes } from "./grid-sample-attributes.ts";

// B batch, H height, W width, C channels, P points of one grid

/** One pixel that every point reads: its row in the flattened image, and its taps along y and x. */
interface PixelTap {
	readonly index: tf.Tensor1D; // [B P] int32
	readonly y: AxisTap;
	readonly x: AxisTap;
}

/** The products of the row taps with the column taps. */
function pixelTaps(image: tf.Tensor4D, grid: tf.Tensor4D, attributes: GridSampleAttributes): PixelTap[] {
	const [batch, height, width] = image.shape;
	const points = grid.size / (2 * batch);
	const coordinates = tf.reshape(grid, [batch, points, 2]);
	const [x, y] = [0, 1].map((axis) =>
		tf.reshape<tf.Rank.R2>(tf.slice(coordinates, [0, 0, axis], [batch, points, 1]), [batch, points]),
	) as [tf.Tensor2D, tf.Tensor2D];
	const firstRows = Int32Array.from({ length: batch }, (_, item) => item * height * width);
	// Repeated, since the host's wasm backend is slow at adding whole numbers of two shapes.
	const offset = tf.tile(tf.tensor2d(firstRows, [batch, 1], "int32"), [1, points]); // [B, P]
	const columns = axisTaps(x, width, attributes);
	return axisTaps(y, height, attributes).flatMap((row) => {
		const start = tf.add(tf.mul(row.index, tf.scalar(width, "int32")), offset); // [B, P]
		return columns.map((column) => ({
			index: tf.reshape<tf.Rank.R1>(tf.add(start, column.index), [-1]),
			y: row,
			x: column,
		}));
	});
}

const asColumn = (values: tf.Tensor): tf.Tensor2D => tf.reshape(values, [-1, 1]);
const asRow = (values: tf.Tensor): tf.Tensor2D => tf.reshape(values, [1, -1]);

/** Adds up one tensor per tap, holding no more than two of them at a time. */
function sumOverTaps(taps: readonly PixelTap[], term: (tap: PixelTap) => tf.Tensor2D): tf.Tensor2D {
	return taps.reduce<tf.Tensor2D | undefined>((sum, tap) => {
		const next = tf.tidy(() => (sum === undefined ? term(tap) : tf.add<tf.Tensor2D>(sum, term(tap))));
		sum?.dispose();
		return next;
	}, undefined) as tf.Tensor2D; // there is always a tap
}

/**
 * The kernel `GridSample` from the host's own kernels: gather the pixels, weight them and add them up. A backend with
 * a kernel of its own can hand cases back to it.
 */
export function gridSampleComposition(
	image: tf.Tensor4D,
	grid: tf.Tensor4D,
	attributes: GridSampleAttributes,
): tf.Tensor4D {
	return tf.tidy(() => {
		const [batch, height, width, channels] = image.shape;
		const pixels = tf.reshape(image, [batch * height * width, channels]); // [B H W, C]
		const output = sumOverTaps(pixelTaps(image, grid, attributes), ({ index, y, x }) =>
			tf.mul(tf.gather(pixels, index), asColumn(tf.mul(y.weight, x.weight))),
		); // [B P, C]
		return tf.reshape(output, [batch, grid.shape[1], grid.shape[2], channels]);
	});
}

/**
 * The kernel `GridSampleGrad` from the host's own kernels.
 *
 * - `dImage`: every point adds `dy · weight` to the pixels that it read. `scatterND` sums where they coincide.
 * - `dGrid`: `Σ_C dy · pixel`, times the derivative of the weight along x, or along y.
 */
export function gridSampleGradComposition(
	dy: tf.Tensor4D,
	image: tf.Tensor4D,
	grid: tf.Tensor4D,
	attributes: GridSampleAttributes,
): [dImage: tf.Tensor4D, dGrid: tf.Tensor4D] {
	return tf.tidy(() => {
		const [batch, height, width, channels] = image.shape;
		const rows = batch * height * width;
		const upstream = tf.reshape(dy, [-1, channels]); // [B P, C]
		const taps = pixelTaps(image, grid, attributes);
		const dImage = sumOverTaps(taps, ({ index, y, x }) => {
			const share = tf.mul(upstream, asColumn(tf.mul(y.weight, x.weight)));
			return tf.scatterND(tf.expandDims(index, 1), share, [rows, channels]) as tf.Tensor2D;
		}); // [B H W, C]
		if (attributes.interpolation === "nearest") return [tf.reshape(dImage, image.shape), tf.zerosLike(grid)];

		const pixels = tf.reshape(image, [rows, channels]); // [B H W, C]
		const dGrid = sumOverTaps(taps, ({ index, y, x }) => {
			const change = tf.reshape(tf.sum(tf.mul(upstream, tf.gather(pixels, index)), 1), [1, -1]); // [1, B P]
			const slopes = [tf.mul(y.weight, x.slope), tf.mul(y.slope, x.weight)].map(asRow);
			return tf.mul(change, tf.concat(slopes, 0)); // the host joins rows much faster than columns
		}); // [2, B P]
		return [tf.reshape(dImage, image.shape), tf.reshape(tf.transpose(dGrid), grid.shape)];
	});
}
