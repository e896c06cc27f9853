import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { ensureGradient, ensureKernel } from "../kernel/fused-kernels.ts";
import type { Pair } from "./image-axes.ts";
import { type PoolOptions, type PoolWindow, poolWindow } from "./pool-window.ts";

/** Options of {@link maxPool}. */
export type MaxPoolOptions = PoolOptions;

const where = "maxPool";

/**
 * Where each number of `shape` stands in a flat array, if the axes are `steps` apart. Counted here, since the host's wasm
 * backend is slow at adding whole numbers of two shapes.
 */
function flatIndex(shape: readonly number[], steps: readonly number[]): tf.Tensor {
	const index = shape.reduce((outer, size, axis) => {
		const inner = new Int32Array(outer.length * size);
		const step = steps[axis] ?? 0;
		let next = 0;
		for (const start of outer) for (let i = 0; i < size; i++) inner[next++] = start + i * step;
		return inner;
	}, Int32Array.of(0));
	return tf.tensor(index, [...shape], "int32");
}

/**
 * What stands at one place of each window. Cuts of two axes do what `tf.stridedSlice` would: that is many times slower on the
 * wasm backend.
 */
function placesOf(
	x: tf.Tensor4D,
	{ size, strides, outSize }: PoolWindow,
): (top: number, left: number) => tf.Tensor4D {
	const [batch, height, width, channels] = x.shape;
	const [rows, columns] = [outSize[0] * strides[0], outSize[1] * strides[1]];
	const more = [size[0] - 1 + rows - height, size[1] - 1 + columns - width].map((by) => Math.max(0, by));
	const beyond = more.map((by): [number, number] => [0, by]); // a stride reaches farther than the last window
	const whole = tf.pad(x, [[0, 0], ...beyond, [0, 0]]);
	const first = (of: tf.Tensor, lines: number, stride: number): tf.Tensor =>
		stride === 1 ? of : tf.slice(tf.reshape(of, [lines, -1]), [0, 0], [lines, of.size / lines / stride]);
	return (top, left) => {
		const from = tf.slice(whole, [0, top, left, 0], [batch, rows, columns, channels]);
		const inRows = first(from, batch * outSize[0], strides[0]);
		const found = first(inRows, batch * outSize[0] * outSize[1], strides[1]);
		return tf.reshape(found, [batch, ...outSize, channels]);
	};
}

/** Sends `dy` to the first maximum of each window, in row order. */
function scatterToMaxima(dy: tf.Tensor4D, x: tf.Tensor4D, y: tf.Tensor4D, window: PoolWindow): tf.Tensor4D {
	if (x.size === 0) return tf.zeros(x.shape); // an empty batch
	const [, height, width, channels] = x.shape;
	const { size, strides } = window;
	const places = Array.from(
		{ length: size[0] * size[1] },
		(_, i) => [Math.floor(i / size[1]), i % size[1]] as const,
	);
	const candidatesAt = placesOf(x, window);
	// From the last place of the window to the first, so that the first of equal values has the last word.
	const place = places.reduceRight(
		(found, [top, left]) => {
			const candidates = candidatesAt(top, left); // [B, h, w, C]
			return tf.where(tf.equal(candidates, y), tf.scalar((top * width + left) * channels, "int32"), found);
		},
		tf.zeros(y.shape, "int32"),
	);
	const row = width * channels;
	const corner = flatIndex(y.shape, [height * row, strides[0] * row, strides[1] * channels, 1]);
	const index = tf.reshape(tf.add(corner, place), [-1, 1]);
	return tf.reshape(tf.scatterND(index, tf.reshape(dy, [-1]), [x.size]), x.shape);
}

const kernelName = "HeedMaxPool";

/**
 * Registers the host's forward pass together with the gradient above, once. `tf.customGrad` would do without a name, but
 * on the wasm backend what it saves is a copy made in the middle of the forward pass, which the host's own leak check
 * reports.
 */
function register(): void {
	ensureKernel(kernelName, ({ inputs, attrs }) => {
		const { size, strides } = (attrs as unknown as { window: PoolWindow }).window;
		return tf.maxPool(inputs.x as tf.Tensor4D, [...size], [...strides], "valid");
	});
	ensureGradient({
		kernelName,
		inputsToSave: ["x"],
		outputsToSave: [true],
		gradFunc: (dy, saved, attrs) => {
			const [x, y] = saved as [tf.Tensor4D, tf.Tensor4D];
			const { window } = attrs as unknown as { window: PoolWindow };
			return { x: () => scatterToMaxima(dy as tf.Tensor4D, x, y, window) };
		},
	});
}

/**
 * The maximum of each window.
 *
 * ```text
 * output[b, i, j, c] = max over the window of x
 * ```
 *
 * The gradient goes to the maximum; of equal ones to the first, row by row. Padding never is the maximum. The host's
 * gradient is lost on the wasm backend for windows without a positive value; this one is not. It has no second
 * derivative.
 *
 * @param x `[batch, height, width, channels]`, float32. Differentiable.
 * @param poolSize Height and width of the window.
 * @returns `[batch, outHeight, outWidth, channels]`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function maxPool(x: tf.Tensor4D, poolSize: Pair, options: MaxPoolOptions = {}): tf.Tensor4D {
	checkOptions(where, options, ["strides", "padding"]);
	const window = poolWindow(where, x, poolSize, options);
	const [vertical, horizontal] = window.padding;
	const padded = [...vertical, ...horizontal].some((pixels) => pixels > 0);
	return tf.tidy(() => {
		const whole = padded
			? tf.pad(x, [[0, 0], [...vertical], [...horizontal], [0, 0]], Number.NEGATIVE_INFINITY)
			: x;
		register();
		return tf
			.engine()
			.runKernel<tf.Tensor4D>(kernelName, { x: whole }, { window } as unknown as tf.NamedAttrMap);
	});
}
