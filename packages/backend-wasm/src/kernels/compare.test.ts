import { expectNoLeak, expectSameAsCpu, randomSource, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import "../index.ts";
import { broadcastItems } from "./broadcast-items.ts";
import { mergedAxes } from "./merged-axes.ts";

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
	Equal: (a, b) => a === b,
	NotEqual: (a, b) => a !== b,
	Less: (a, b) => a < b,
	LessEqual: (a, b) => a <= b,
	Greater: (a, b) => a > b,
	GreaterEqual: (a, b) => a >= b,
};

describe("comparisons on wasm", () => {
	useBackend("wasm");

	it("any shapes that broadcast, NaN and infinities too: as JavaScript compares, all of the output written and nothing else", () => {
		const axis = fc.record({
			size: fc.oneof(
				fc.integer({ min: 1, max: 4 }),
				fc.integer({ min: 0, max: 4 }),
				fc.integer({ min: 1, max: 40 }),
			),
			repeats: fc.constantFrom("a" as const, "b" as const, "none" as const, "none" as const),
		});
		const problems = fc.record({
			axes: fc
				.array(axis, { maxLength: 4 })
				.filter((list) => list.reduce((product, { size }) => product * size, 1) < 2000),
			missing: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.constantFrom("a" as const, "b" as const)),
			dtype: fc.constantFrom("float32" as const, "int32" as const),
			seed: fc.nat(),
		});
		fc.assert(
			fc.property(problems, ({ axes, missing: [count, from], dtype, seed }) => {
				const shapeOf = (name: "a" | "b"): number[] => {
					const shape = axes.map(({ size, repeats }) => (repeats === name ? 1 : size));
					return from === name ? shape.slice(count) : shape;
				};
				const shapes = { a: shapeOf("a"), b: shapeOf("b") };
				const shape = tf.broadcast_util.assertAndGetBroadcastShape(shapes.a, shapes.b);
				const random = randomSource(seed);
				const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0];
				const make = (of: number[]): number[] =>
					Array.from({ length: tf.util.sizeFromShape(of) }, () => {
						const oddly = dtype === "float32" && random.uniform() < 0.2;
						return oddly ? (odd[random.integer(0, 3)] ?? 0) : random.integer(-2, 2);
					});
				const values = { a: make(shapes.a), b: make(shapes.b) };
				const [atA, atB] = [broadcastItems(shapes.a, shape), broadcastItems(shapes.b, shape)];
				for (const [name, holds] of Object.entries(comparisons)) {
					const actual = withGuardedMemory(() =>
						tf.tidy(() => {
							const a = tf.tensor(values.a, shapes.a, dtype);
							const b = tf.tensor(values.b, shapes.b, dtype);
							const y = tf.engine().runKernel(name, { a, b }) as unknown as tf.Tensor;
							expect([y.dtype, ...y.shape]).toEqual(["bool", ...shape]);
							return y.dataSync().slice();
						}),
					);
					const expected = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) =>
						Number(holds(values.a[atA[i] ?? 0] ?? 0, values.b[atB[i] ?? 0] ?? 0)),
					);
					expect([...actual], name).toEqual(expected);
				}
			}),
			{ seed: 1, numRuns: 200 },
		);
	});

	it("gives tf.max its gradient, and leaves bool and text to the host", async () => {
		await expectSameAsCpu("wasm", () =>
			tf.grad((x) => tf.sum(tf.square(tf.max(x, 1))))(randomTensor([3, 5, 7], 1)),
		);
		await expectSameAsCpu("wasm", () =>
			tf.equal(tf.tensor1d([true, false, true], "bool"), tf.tensor1d([true], "bool")),
		);
		expect(() => tf.equal(tf.zeros([2, 3]), tf.zeros([2, 4]))).toThrow("could not be broadcast");
		expectNoLeak(() => tf.tidy(() => tf.less(randomTensor([2, 3, 4], 1), randomTensor([3, 1], 2))));
	});
});

describe("mergedAxes", () => {
	it("joins what lies one after another in all operands", () => {
		expect(
			mergedAxes(
				[
					[2, 3, 5, 7],
					[5, 7],
				],
				[2, 3, 5, 7],
			),
		).toEqual([
			{ size: 6, strides: [35, 0] },
			{ size: 35, strides: [1, 1] },
		]);
		expect(
			mergedAxes(
				[
					[3, 5],
					[3, 5],
				],
				[3, 5],
			),
		).toEqual([
			{ size: 1, strides: [0, 0] },
			{ size: 15, strides: [1, 1] },
		]);
		expect(
			mergedAxes(
				[
					[2, 3, 5],
					[2, 1, 5],
				],
				[2, 3, 5],
			),
		).toEqual([
			{ size: 2, strides: [15, 5] },
			{ size: 3, strides: [5, 0] },
			{ size: 5, strides: [1, 1] },
		]);
		expect(mergedAxes([[], [1, 1]], [1, 1])).toHaveLength(2);
	});
});
