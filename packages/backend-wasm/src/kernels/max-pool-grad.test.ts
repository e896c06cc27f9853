import { expectClose, expectSameAsCpu, randomSource, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import "../index.ts";

const poolGradient = (
	x: tf.Tensor4D,
	size: number,
	strides: number,
	pad: "same" | "valid" | number,
): tf.Tensor =>
	tf.grad((input) => tf.sum(tf.square(tf.maxPool(input as tf.Tensor4D, size, strides, pad))))(x);

describe("MaxPoolGrad on wasm", () => {
	useBackend("wasm");

	it.each([
		[2, 2, "valid"],
		[3, 2, "same"],
		[3, 1, 1],
	] as const)(
		"size %s, strides %s, pad %s, also where all numbers are negative",
		async (size, strides, pad) => {
			const x = (): tf.Tensor4D => tf.sub(randomTensor<tf.Rank.R4>([2, 7, 5, 3], 1), 2);
			await expectSameAsCpu("wasm", () => poolGradient(x(), size, strides, pad));
		},
	);

	it("gives the gradient to the first of equal elements", async () => {
		await tf.setBackend("wasm");
		expectClose(poolGradient(tf.fill([1, 2, 2, 1], -3), 2, 2, "valid"), [-6, 0, 0, 0]);
	});

	const gradient = (x: tf.Tensor, dy: tf.Tensor, attrs: object): tf.Tensor =>
		tf.engine().runKernel("MaxPoolGrad", { dy, input: x, output: dy }, attrs as tf.NamedAttrMap);

	it("passes NaN over, and drops what arrives at a window without a number above -Infinity, as cpu does", async () => {
		const [nan, least] = [Number.NaN, Number.NEGATIVE_INFINITY];
		const windows = [
			nan,
			1,
			nan,
			2,
			3,
			4,
			nan,
			nan,
			nan,
			nan,
			nan,
			nan,
			least,
			least,
			least,
			least,
			-0,
			0,
			0,
			-0,
		];
		await expectSameAsCpu("wasm", () => {
			const dy = tf.tensor4d([1, 2, 3, 4, 5], [1, 1, 5, 1]);
			return gradient(tf.tensor4d(windows, [1, 1, 20, 1]), dy, {
				filterSize: [1, 4],
				strides: [1, 4],
				pad: "valid",
			});
		});
		for (const channels of [4, 7]) {
			await expectSameAsCpu("wasm", () => {
				const x = tf.tile(tf.tensor4d(windows, [1, 1, 20, 1]), [1, 1, 1, channels]);
				const dy = randomTensor([1, 1, 5, channels], 1);
				return gradient(x, dy, { filterSize: [1, 4], strides: [1, 4], pad: "valid" });
			});
		}
	});

	it("any size: each window's gradient to its first largest, all of the output written and nothing else", () => {
		const size = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
		const problems = fc.record({
			batch: size(1, 3),
			image: fc.tuple(size(1, 11), size(1, 11)),
			channels: fc.oneof(size(1, 9), size(10, 21)),
			filterSize: fc.oneof(size(1, 4), fc.tuple(size(1, 5), size(1, 5))),
			strides: fc.oneof(size(1, 4), fc.tuple(size(1, 4), size(1, 4))),
			pad: fc.oneof(fc.constantFrom("same" as const, "valid" as const), size(0, 3)),
			levels: fc.constantFrom(2, 5, 1e6), // few: many ties
			seed: fc.nat(),
		});
		fc.assert(
			fc.property(problems, ({ batch, image, channels, filterSize, strides, pad, levels, seed }) => {
				const shape: [number, number, number, number] = [batch, ...image, channels];
				const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad);
				if (info.outShape.some((length) => length < 1)) return;
				const random = randomSource(seed);
				const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => {
					const level = random.integer(-levels, levels);
					return random.uniform() < 0.05 ? ([Number.NaN, Number.NEGATIVE_INFINITY][level & 1] ?? 0) : level;
				});
				const dys = Float32Array.from({ length: tf.util.sizeFromShape(info.outShape) }, () =>
					random.integer(-9, 9),
				);
				const actual = withGuardedMemory(() =>
					tf.tidy(() => {
						const [x, dy] = [tf.tensor(values, shape), tf.tensor(dys, info.outShape)];
						return gradient(x, dy, { filterSize, strides, pad }).dataSync().slice();
					}),
				);
				expect([...actual]).toEqual([...firstLargest(info, values, dys)]);
			}),
			{ seed: 1, numRuns: 300 },
		);
	});

	it("an empty batch, and what does not fit", () => {
		const attrs = { filterSize: 2, strides: 2, pad: "valid" };
		const run = (x: tf.Tensor, dy: tf.Tensor, more = {}): tf.Tensor => gradient(x, dy, { ...attrs, ...more });
		expect(run(tf.zeros([0, 4, 4, 3]), tf.zeros([0, 2, 2, 3])).shape).toEqual([0, 4, 4, 3]);
		expectClose(run(tf.ones([1, 1, 2, 1]), tf.zeros([1, 0, 1, 1])), [0, 0]);
		withGuardedMemory(() =>
			tf.tidy(() => {
				const x = tf.ones([2, 4, 4, 3]);
				expect(() => run(x, tf.ones([2, 2, 2, 5]))).toThrow(
					"MaxPoolGrad: image [2,4,4,3], filter [2,2,3,3], output [2,2,2,5] do not fit: expected an output [2, height, width, 3].",
				);
				expect(() => run(x, tf.ones([1, 2, 2, 3]))).toThrow("do not fit");
				expect(() => run(x, tf.ones([2, 2, 2, 3]), { strides: 0 })).toThrow("strideHeight is 0");
				expect(() => run(tf.ones([2, 4, 4, 3], "int32"), tf.ones([2, 2, 2, 3]))).toThrow(
					"MaxPoolGrad: input [2,4,4,3] is int32; expected float32.",
				);
			}),
		);
	});
});

/** The definition, one number after another. */
function firstLargest(info: tf.backend_util.Conv2DInfo, x: Float32Array, dy: Float32Array): Float32Array {
	const { inHeight, inWidth, inChannels, padInfo } = info;
	const dx = new Float32Array(x.length);
	dy.forEach((gradient, at) => {
		const channel = at % inChannels;
		const pixel = Math.floor(at / inChannels);
		const column = pixel % info.outWidth;
		const row = Math.floor(pixel / info.outWidth) % info.outHeight;
		const batch = Math.floor(pixel / info.outWidth / info.outHeight);
		let [largest, winner] = [Number.NEGATIVE_INFINITY, -1];
		for (let r = 0; r < info.filterHeight; r++) {
			for (let s = 0; s < info.filterWidth; s++) {
				const y = row * info.strideHeight + r - padInfo.top;
				const w = column * info.strideWidth + s - padInfo.left;
				if (y < 0 || y >= inHeight || w < 0 || w >= inWidth) continue;
				const index = ((batch * inHeight + y) * inWidth + w) * inChannels + channel;
				const value = x[index] ?? 0;
				if (value > largest) [largest, winner] = [value, index];
			}
		}
		if (winner >= 0) dx[winner] = (dx[winner] ?? 0) + gradient;
	});
	return dx;
}
