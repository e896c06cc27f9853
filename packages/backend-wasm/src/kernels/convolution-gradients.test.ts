import { expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, it } from "vitest";
import "../index.ts";

type Padding = "same" | "valid" | number | [[0, 0], [number, number], [number, number], [0, 0]];

const paddings: Padding[] = [
	"same",
	"valid",
	0,
	2,
	[
		[0, 0],
		[1, 2],
		[0, 3],
		[0, 0],
	],
];
// With a number as padding the host computes both sizes from the filter's height and the vertical stride, on every backend.
const cases = paddings.flatMap((pad) =>
	([1, 2, [2, 3], [3, 1]] as const).map((strides) => ({
		pad,
		strides: strides as number | [number, number],
	})),
);

describe("the gradients of convolutions on wasm", () => {
	useBackend("wasm");

	it.each(cases)("conv2d, pad $pad, strides $strides", async ({ pad, strides }) => {
		await expectSameAsCpu(
			"wasm",
			() => {
				const x = randomTensor<tf.Rank.R4>([2, 7, 11, 3], 1);
				const filter = randomTensor<tf.Rank.R4>([3, 2, 3, 5], 2);
				const loss = (...[a, b]: tf.Tensor[]): tf.Tensor =>
					tf.sum(tf.square(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad)));
				return tf.grads(loss)([x, filter]);
			},
			{ atol: 1e-4 },
		);
	});

	it.each(cases.filter(({ strides }) => typeof strides === "number"))(
		"depthwiseConv2d, pad $pad, strides $strides",
		async ({ pad, strides }) => {
			await expectSameAsCpu(
				"wasm",
				() => {
					const x = randomTensor<tf.Rank.R4>([2, 7, 11, 3], 1);
					const filter = randomTensor<tf.Rank.R4>([3, 2, 3, 2], 2);
					const loss = (...[a, b]: tf.Tensor[]): tf.Tensor =>
						tf.sum(tf.square(tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad)));
					return tf.grads(loss)([x, filter]);
				},
				{ atol: 1e-4 },
			);
		},
	);

	it("conv2d of any small size (property)", async () => {
		const size = fc.integer({ min: 1, max: 5 });
		const shapes = fc.record({
			batch: size,
			height: size,
			width: size,
			channels: size,
			filters: size,
			rows: fc.integer({ min: 1, max: 3 }),
			columns: fc.integer({ min: 1, max: 3 }),
			stride: fc.integer({ min: 1, max: 3 }),
		});
		await fc.assert(
			fc.asyncProperty(shapes, async (s) => {
				await expectSameAsCpu(
					"wasm",
					() => {
						const x = randomTensor<tf.Rank.R4>([s.batch, s.height, s.width, s.channels], 3);
						const filter = randomTensor<tf.Rank.R4>([s.rows, s.columns, s.channels, s.filters], 4);
						const loss = (f: tf.Tensor): tf.Tensor =>
							tf.sum(tf.square(tf.conv2d(x, f as tf.Tensor4D, s.stride, "same")));
						return tf.grad(loss)(filter);
					},
					{ atol: 1e-3 },
				);
			}),
			{ seed: 1, numRuns: 30 },
		);
	});

	it("conv1d", async () => {
		await expectSameAsCpu(
			"wasm",
			() => {
				const x = randomTensor<tf.Rank.R3>([2, 13, 3], 1);
				return tf.grad((f) => tf.sum(tf.square(tf.conv1d(x, f as tf.Tensor3D, 2, "same"))))(
					randomTensor([5, 3, 4], 2),
				);
			},
			{ atol: 1e-4 },
		);
	});

	it("an empty batch gives zeros", async () => {
		await expectSameAsCpu("wasm", () =>
			tf.grad((f) =>
				tf.sum(tf.depthwiseConv2d(tf.zeros<tf.Rank.R4>([0, 5, 5, 3]), f as tf.Tensor4D, 1, "same")),
			)(tf.ones([3, 3, 3, 2])),
		);
	});
});
