import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomSource,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { type AveragePoolOptions, averagePool } from "./average-pool.ts";
import { maxPool } from "./max-pool.ts";
import type { PoolOptions } from "./pool-window.ts";

type Case = PoolOptions & {
	poolSize: readonly [number, number];
	pads: readonly [number, number];
	out: readonly [number, number];
	image?: [number, number, number, number];
};

// For an image of 5 by 7, if nothing else is said: the padding before each axis and the output size, worked out by hand.
const cases: Case[] = [
	{ poolSize: [2, 3], pads: [0, 0], out: [2, 2] },
	{ poolSize: [3, 2], strides: 1, pads: [0, 0], out: [3, 6] },
	{ poolSize: [3, 2], strides: 1, padding: "same", pads: [1, 0], out: [5, 7] },
	{ poolSize: [2, 3], strides: [2, 3], padding: "same", pads: [0, 1], out: [3, 3] },
	{ poolSize: [3, 3], strides: 2, padding: 1, pads: [1, 1], out: [3, 4] },
	{
		poolSize: [3, 4],
		strides: [1, 3],
		padding: [
			[0, 2],
			[3, 1],
		],
		pads: [0, 3],
		out: [5, 3],
	},
	// One pixel, a window larger than the image, steps beyond the window, pixels that no window sees
	{ image: [2, 1, 1, 1], poolSize: [3, 3], strides: 1, padding: "same", pads: [1, 1], out: [1, 1] },
	{ image: [2, 3, 2, 1], poolSize: [5, 3], strides: [2, 3], padding: 2, pads: [2, 2], out: [2, 2] },
	{ image: [1, 7, 11, 5], poolSize: [1, 2], strides: [3, 5], pads: [0, 0], out: [3, 2] },
	{ image: [1, 7, 11, 5], poolSize: [1, 1], strides: 2, padding: "same", pads: [0, 0], out: [4, 6] },
	{
		image: [1, 4, 6, 3],
		poolSize: [2, 4],
		strides: [3, 2],
		padding: [
			[1, 0],
			[0, 3],
		],
		pads: [1, 0],
		out: [2, 3],
	},
];

const imageOf = ({ image = [2, 5, 7, 3] }: Case): [number, number, number, number] => image;

/** Distinct numbers 0.1 apart, all of them negative: the maximum is unambiguous within the steps of the differences. */
function distinct(shape: [number, number, number, number]): tf.Tensor4D {
	const random = randomSource(9);
	const size = tf.util.sizeFromShape(shape);
	const values = Array.from({ length: size }, (_, i) => -0.1 * (i + 1));
	for (let i = size - 1; i > 0; i--) {
		const j = random.integer(0, i);
		[values[i], values[j]] = [values[j] ?? 0, values[i] ?? 0];
	}
	return tf.tensor4d(values, shape);
}

/** Plain pooling: `reduce` gets the pixels of each window and the window's full size. */
function reference(
	x: tf.Tensor4D,
	{ poolSize, strides = poolSize, pads, out }: Case,
	reduce: (pixels: number[], full: number) => number,
): number[] {
	const values = x.arraySync();
	const [sy, sx] = typeof strides === "number" ? [strides, strides] : strides;
	return values.flatMap((image) =>
		Array.from({ length: out[0] }, (_, i) =>
			Array.from({ length: out[1] }, (_, j) =>
				Array.from({ length: x.shape[3] }, (_, c) => {
					const rows = image.filter((_, y) => y >= i * sy - pads[0] && y < i * sy - pads[0] + poolSize[0]);
					const cells = rows.map((row) =>
						row.filter((_, k) => k >= j * sx - pads[1] && k < j * sx - pads[1] + poolSize[1]),
					);
					return reduce(
						cells.flat().map((pixel) => pixel[c] ?? 0),
						poolSize[0] * poolSize[1],
					);
				}),
			).flat(),
		).flat(),
	);
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
const optionsOf = ({ strides, padding }: Case): PoolOptions => ({
	...(strides === undefined ? {} : { strides }),
	...(padding === undefined ? {} : { padding }),
});

describeOnEveryBackend("pooling", () => {
	it.each(cases)("averages the pixels of each window, %j", (c) => {
		const x = randomTensor<tf.Rank.R4>(imageOf(c), 1);
		const options = optionsOf(c);
		expectClose(
			averagePool(x, c.poolSize, options),
			reference(x, c, (pixels) => sum(pixels) / pixels.length),
		);
		const counted: AveragePoolOptions = { ...options, countPadding: true };
		expectClose(
			averagePool(x, c.poolSize, counted),
			reference(x, c, (pixels, full) => sum(pixels) / full),
		);
		expectGradientsMatch((t) => averagePool(t as tf.Tensor4D, c.poolSize, options), [x]);
		expectGradientsMatch((t) => averagePool(t as tf.Tensor4D, c.poolSize, counted), [x]);
	});

	it.each(cases)("takes the maximum of each window, also where all are negative, %j", (c) => {
		const x = distinct(imageOf(c));
		expectClose(
			maxPool(x, c.poolSize, optionsOf(c)),
			reference(x, c, (pixels) => Math.max(...pixels)),
		);
		const f = (t: tf.Tensor): tf.Tensor => maxPool(t as tf.Tensor4D, c.poolSize, optionsOf(c));
		expectGradientsMatch(f, [x], { coordinates: 60 });
	});

	it("sends the gradient to the first of equal maxima, row by row", () => {
		const x = tf.tensor4d([0, -1, -1, -1, -1, -2], [1, 2, 3, 1]); // windows: [0 -1 / -1 -1] and [-1 -1 / -1 -2]
		const gradient = tf.grad((t: tf.Tensor) => maxPool(t as tf.Tensor4D, 2, { strides: 1 }))(x);
		expectClose(gradient, [1, 1, 0, 0, 0, 0]);
	});

	it("adds up the gradients of overlapping windows exactly, whatever the range of values", () => {
		const x = tf.tensor4d([-1e9, -2e-3, -1e-3, -1e9], [1, 1, 4, 1]);
		const gradient = tf.grad((t: tf.Tensor) => maxPool(t as tf.Tensor4D, [1, 2], { strides: 1 }))(x);
		expectClose(gradient, [0, 1, 2, 0]);
	});

	it("gives a constant image back under any padding", () => {
		for (const c of cases) {
			const shape = imageOf(c);
			const x = tf.fill<tf.Rank.R4>(shape, -3);
			const constant = new Float32Array(shape[0] * c.out[0] * c.out[1] * shape[3]).fill(-3);
			expectClose(averagePool(x, c.poolSize, optionsOf(c)), constant);
			expectClose(maxPool(x, c.poolSize, optionsOf(c)), constant);
		}
	});

	it("leaves nothing behind", () => {
		const x = distinct([2, 5, 7, 3]);
		for (const pool of [averagePool, maxPool]) {
			expectNoLeak(() => pool(x, 3, { strides: 2, padding: "same" }));
			expectNoLeak(() => pool(x, 2));
			expectNoLeak(() => tf.grad((t: tf.Tensor) => pool(t as tf.Tensor4D, 3, { padding: 1 }))(x));
		}
	});

	it.each([averagePool, maxPool])("%o refuses what does not fit", (pool) => {
		const x = tf.zeros<tf.Rank.R4>([1, 5, 7, 2]);
		const calls: [() => tf.Tensor, RegExp][] = [
			[() => pool(tf.squeeze(x) as never, 2), /rank 3; expected rank 4/],
			[() => pool(tf.cast(x, "int32"), 2), /x is int32/],
			[() => pool(x, 0), /`poolSize` is 0/],
			[() => pool(x, [2, 2.5]), /`poolSize\[1\]` is 2.5/],
			[() => pool(x, 2, { strides: 0 }), /`strides` is 0/],
			[() => pool(x, 2, { padding: 2 }), /`padding` is 2.*less than 2/],
			[
				() =>
					pool(x, 2, {
						padding: [
							[0, -1],
							[0, 0],
						],
					}),
				/`padding\[0\]\[1\]` is -1/,
			],
			[() => pool(x, 2, { padding: "full" as never }), /"full".*'valid', 'same'/],
			[() => pool(x, [6, 2]), /height 5.*smaller than the window of 6 by 2/],
			[() => pool(x, 2, { stride: 1 } as never), /`stride`.*`strides`/],
		];
		for (const [call, message] of calls) {
			expect(() => tf.tidy(call)).toThrow(message);
			expectNoLeak(() => tf.tidy(call), { throws: true });
		}
	});

	it("maxPool gives -Infinity for a window of nothing else, padding or not", () => {
		const [low, high] = [Number.NEGATIVE_INFINITY, 1];
		const x = tf.tensor4d([low, low, low, low, high, low, low, low, -4e37], [1, 3, 3, 1]);
		expectClose(maxPool(x, 2, { padding: 1 }), [low, low, low, high], { atol: 0 });
		expectClose(maxPool(x, 2, { padding: "same" }), [high, low, low, -4e37], { atol: 1e32 });
		const gradient = tf.grad((y) => maxPool(y as tf.Tensor4D, 2, { padding: "same" }))(x);
		expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
	});
});
