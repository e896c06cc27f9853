import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { type Convolution2dOptions, convolution2d } from "./convolution2d.ts";
import { type DepthwiseConvolution2dOptions, depthwiseConvolution2d } from "./depthwise-convolution2d.ts";

type Shape = [number, number, number, number];
type Axes = [number, number];

/** With the padding before each axis and the size of the output worked out by hand. */
interface Case extends Convolution2dOptions {
	x: Shape;
	kernel: Shape;
	before: Axes;
	out: Axes;
}

const cases: Case[] = [
	{ x: [2, 5, 7, 3], kernel: [3, 2, 3, 5], before: [0, 0], out: [3, 6] },
	{ x: [2, 5, 7, 3], kernel: [3, 2, 3, 5], padding: "same", before: [1, 0], out: [5, 7] },
	{ x: [2, 5, 7, 3], kernel: [3, 3, 3, 17], padding: 1, strides: 2, before: [1, 1], out: [3, 4] },
	{ x: [1, 6, 7, 2], kernel: [2, 3, 2, 3], padding: "same", strides: [3, 2], before: [0, 1], out: [2, 4] },
	{ x: [3, 5, 7, 3], kernel: [3, 3, 3, 5], padding: "same", dilation: 2, before: [2, 2], out: [5, 7] },
	{ x: [1, 9, 11, 2], kernel: [3, 2, 2, 3], strides: 2, dilation: [2, 3], before: [0, 0], out: [3, 4] },
	// Padding beyond the kernel, unequal sides, rows that no window reaches
	{
		x: [2, 4, 5, 2],
		kernel: [2, 2, 2, 3],
		strides: [4, 3],
		padding: [
			[3, 1],
			[0, 4],
		],
		before: [3, 0],
		out: [2, 3],
	},
	{ x: [2, 5, 6, 3], kernel: [2, 1, 3, 2], strides: [1, 4], before: [0, 0], out: [4, 2] },
	// Of 1 by 1: pointwise, with steps, in a padded image of one pixel
	{ x: [2, 3, 5, 7], kernel: [1, 1, 7, 2], padding: "same", before: [0, 0], out: [3, 5] },
	{ x: [2, 3, 5, 7], kernel: [1, 1, 7, 2], strides: 2, before: [0, 0], out: [2, 3] },
	{ x: [1, 1, 1, 1], kernel: [3, 5, 1, 1], padding: "same", before: [1, 2], out: [1, 1] },
	// Over channels, as ECA does
	{ x: [3, 1, 11, 1], kernel: [1, 5, 1, 1], padding: "same", before: [0, 2], out: [1, 11] },
	// In groups: two, each its own, each its own with three outputs
	{ x: [2, 5, 4, 6], kernel: [2, 3, 3, 4], groups: 2, padding: 1, before: [1, 1], out: [6, 4] },
	{ x: [2, 5, 7, 3], kernel: [3, 3, 1, 3], groups: 3, padding: "same", before: [1, 1], out: [5, 7] },
	{ x: [2, 5, 7, 2], kernel: [3, 2, 1, 6], groups: 2, strides: 2, before: [0, 0], out: [2, 3] },
	{
		x: [2, 7, 7, 3],
		kernel: [3, 3, 1, 6],
		groups: 3,
		dilation: [2, 1],
		padding: 2,
		before: [2, 2],
		out: [7, 9],
	},
	{ x: [1, 7, 9, 2], kernel: [2, 2, 1, 2], groups: 2, strides: 2, dilation: 3, before: [0, 0], out: [2, 3] },
];

const pairOf = (pair: number | readonly [number, number] = 1): readonly [number, number] =>
	typeof pair === "number" ? [pair, pair] : pair;

/** Output and gradients by definition, in float64. */
function reference(
	{ x: [batch, height, width, channels], kernel: shape, before, out, groups = 1, ...options }: Case,
	x: ArrayLike<number>,
	kernel: ArrayLike<number>,
	dy: ArrayLike<number>,
): { y: Float64Array; dx: Float64Array; dKernel: Float64Array } {
	const [rows, columns, inChannels, outChannels] = shape;
	const [down, right] = pairOf(options.strides);
	const [apart, along] = pairOf(options.dilation);
	const y = new Float64Array(batch * out[0] * out[1] * outChannels);
	const dx = new Float64Array(x.length);
	const dKernel = new Float64Array(kernel.length);
	for (let at = 0; at < y.length; at++) {
		const o = at % outChannels;
		const j = Math.floor(at / outChannels) % out[1];
		const i = Math.floor(at / outChannels / out[1]) % out[0];
		const b = Math.floor(at / outChannels / out[1] / out[0]);
		const group = Math.floor(o / (outChannels / groups));
		for (let tap = 0; tap < kernel.length; tap += outChannels) {
			const c = (tap / outChannels) % inChannels;
			const s = Math.floor(tap / outChannels / inChannels) % columns;
			const row = i * down + Math.floor(tap / outChannels / inChannels / columns) * apart - before[0];
			const column = j * right + s * along - before[1];
			if (row < 0 || row >= height || column < 0 || column >= width) continue;
			const from = ((b * height + row) * width + column) * channels + group * inChannels + c;
			y[at] = (y[at] ?? 0) + (x[from] ?? 0) * (kernel[tap + o] ?? 0);
			dx[from] = (dx[from] ?? 0) + (dy[at] ?? 0) * (kernel[tap + o] ?? 0);
			dKernel[tap + o] = (dKernel[tap + o] ?? 0) + (dy[at] ?? 0) * (x[from] ?? 0);
		}
	}
	expect(rows * columns * inChannels * outChannels).toBe(kernel.length);
	return { y, dx, dKernel };
}

const optionsOf = ({ strides, padding, dilation }: Case): DepthwiseConvolution2dOptions => ({
	strides,
	padding,
	dilation,
});

/** Runs a function both ways and compares it with the reference. */
function expectReference(
	c: Case,
	run: (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor4D,
	kernelShape: Shape = c.kernel,
): void {
	const x = randomTensor<tf.Rank.R4>(c.x, 1);
	const kernel = randomTensor<tf.Rank.R4>(kernelShape, 2);
	const y = run(x, kernel);
	expect(y.shape).toEqual([c.x[0], ...c.out, c.kernel[3]]);
	const dy = randomTensor(y.shape, 3);
	const [dx, dKernel] = tf.grads(run as (...tensors: tf.Tensor[]) => tf.Tensor)([x, kernel], dy);
	const expected = reference(c, x.dataSync(), kernel.dataSync(), dy.dataSync());
	expectClose(y, expected.y, { label: "output" });
	expectClose(dx as tf.Tensor, expected.dx, { label: "gradient of x" });
	expectClose(dKernel as tf.Tensor, expected.dKernel, { label: "gradient of the kernel" });
}

describeOnEveryBackend("convolutions", () => {
	it.each(cases)("agree with their definition, gradients too, %j", (c) => {
		expectReference(c, (x, kernel) => convolution2d(x, kernel, { ...optionsOf(c), groups: c.groups }));
		if (c.kernel[2] !== 1) return;
		const shape: Shape = [c.kernel[0], c.kernel[1], c.x[3], c.kernel[3] / c.x[3]];
		expectReference(c, (x, kernel) => depthwiseConvolution2d(x, kernel, optionsOf(c)), shape);
	});

	it("have the gradients that finite differences find", () => {
		const x = randomTensor<tf.Rank.R4>([2, 5, 7, 2], 1);
		const options = { dilation: [1, 2], padding: "same" } as const;
		const grouped = (t: tf.Tensor, kernel: tf.Tensor): tf.Tensor =>
			convolution2d(t as tf.Tensor4D, kernel as tf.Tensor4D, { ...options, groups: 2 });
		expectGradientsMatch(grouped, [x, randomTensor([3, 2, 1, 6], 2)], { coordinates: 12 });
		const dense = (t: tf.Tensor, kernel: tf.Tensor): tf.Tensor =>
			convolution2d(t as tf.Tensor4D, kernel as tf.Tensor4D, { padding: 1, strides: 2 });
		expectGradientsMatch(dense, [x, randomTensor([3, 3, 2, 3], 3)], { coordinates: 12 });
	});

	it("agree with the host's forward pass", () => {
		const x = randomTensor<tf.Rank.R4>([2, 11, 7, 3], 1);
		const kernel = randomTensor<tf.Rank.R4>([3, 3, 3, 2], 2);
		const options = { strides: 2, padding: "same" } as const;
		expectClose(convolution2d(x, kernel, options), tf.conv2d(x, kernel, 2, "same").dataSync());
		const expected = tf.depthwiseConv2d(x, kernel, 2, "same").dataSync();
		expectClose(depthwiseConvolution2d(x, kernel, options), expected);
	});

	it("give zeros for an empty batch and for an image of padding alone", () => {
		const kernel = tf.ones<tf.Rank.R4>([2, 2, 3, 1]);
		for (const convolve of [convolution2d, depthwiseConvolution2d]) {
			const none = convolve(tf.zeros([0, 5, 7, 3]), kernel);
			expect(none.shape.slice(0, 3)).toEqual([0, 4, 6]);
			expect(convolve(tf.zeros([1, 0, 7, 3]), kernel, { padding: 1 }).shape.slice(1, 3)).toEqual([1, 8]);
			const gradient = tf.grad((k: tf.Tensor) => convolve(tf.zeros([0, 5, 7, 3]), k as tf.Tensor4D));
			expectClose(gradient(kernel), new Float32Array(kernel.size));
		}
	});

	it("leave nothing behind", () => {
		const x = randomTensor<tf.Rank.R4>([2, 5, 7, 4], 1);
		const options: Convolution2dOptions[] = [{}, { dilation: 2, padding: 2 }, { groups: 2 }];
		for (const given of options) {
			const kernel = randomTensor<tf.Rank.R4>([2, 2, 4 / (given.groups ?? 1), 2], 2);
			const run = (t: tf.Tensor, k: tf.Tensor): tf.Tensor =>
				convolution2d(t as tf.Tensor4D, k as tf.Tensor4D, given);
			expectNoLeak(() => run(x, kernel));
			expectNoLeak(() => tf.grads(run)([x, kernel]));
		}
		const each = (t: tf.Tensor, k: tf.Tensor): tf.Tensor =>
			depthwiseConvolution2d(t as tf.Tensor4D, k as tf.Tensor4D, { strides: 2, padding: "same" });
		const kernels = randomTensor([3, 3, 4, 2], 2);
		expectNoLeak(() => tf.grads(each)([x, kernels]));
	});

	it("keep what is not a number to the windows that see it", () => {
		const values = Float32Array.from({ length: 7 }, (_, i) => (i === 5 ? Number.NaN : 1));
		const x = tf.tensor4d(values, [1, 1, 7, 1]);
		expectClose(convolution2d(x, tf.ones([1, 2, 1, 1])), [2, 2, 2, 2, Number.NaN, Number.NaN]);
	});

	it("refuse what does not fit", () => {
		const x = tf.zeros<tf.Rank.R4>([1, 5, 7, 4]);
		const kernel = tf.zeros<tf.Rank.R4>([3, 3, 4, 6]);
		const calls: [() => tf.Tensor, RegExp][] = [
			[
				() => convolution2d(tf.zeros([5, 7, 4]) as never, kernel),
				/x \[5, 7, 4\] has rank 3; expected rank 4/,
			],
			[() => convolution2d(x, tf.zeros([3, 4, 6]) as never), /kernel \[3, 4, 6\] has rank 3.*kernelHeight/],
			[() => convolution2d(tf.cast(x, "int32"), kernel), /x is int32/],
			[() => convolution2d(x, tf.cast(kernel, "int32")), /kernel is int32/],
			[() => convolution2d(x, tf.zeros([3, 3, 3, 6])), /inChannels 3.*x \[.*channels 4\].*inChannels 4/],
			[() => convolution2d(x, kernel, { groups: 2 }), /in 2 groups: expected inChannels 2/],
			[() => convolution2d(x, kernel, { groups: 3 }), /x has 4 channels.*3 equal groups/],
			[() => convolution2d(x, tf.zeros([3, 3, 2, 5]), { groups: 2 }), /kernel gives 5 channels/],
			[() => convolution2d(x, kernel, { groups: 0 }), /`groups` is 0/],
			[() => convolution2d(x, tf.zeros([0, 3, 4, 6])), /kernel.*is empty/],
			[() => convolution2d(x, kernel, { strides: 0 }), /`strides` is 0/],
			[() => convolution2d(x, kernel, { dilation: [1, 0.5] }), /`dilation\[1\]` is 0.5/],
			[() => convolution2d(x, kernel, { padding: -1 }), /`padding` is -1/],
			[() => convolution2d(x, kernel, { padding: "full" as never }), /"full".*'valid', 'same'/],
			[() => convolution2d(x, kernel, { dilation: 4 }), /height 5.*spans 9 by 9/],
			[() => convolution2d(x, kernel, { dilations: 2 } as never), /`dilations`.*`dilation`/],
			[() => depthwiseConvolution2d(x, tf.zeros([3, 3, 5, 1])), /channels 5.*expected channels 4/],
			[() => depthwiseConvolution2d(x, kernel, { groups: 2 } as never), /`groups`.*`strides`/],
		];
		for (const [call, message] of calls) {
			expect(() => tf.tidy(call)).toThrow(message);
			expectNoLeak(() => tf.tidy(call), { throws: true });
		}
	});
});
