import { expectClose, expectSameAsCpu, randomSource, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import "../index.ts";

describe("UnsortedSegmentSum on wasm", () => {
	useBackend("wasm");

	it.each([
		["rows", [7, 3], [2, 0, 2, 4, 2, 0, 1], 5],
		["scalars", [5], [1, 1, 0, 3, 1], 4],
		["ids out of range, which are dropped", [6, 2, 3], [-1, 9, 2, 0, 3, 2], 3],
		["an empty segment", [2, 11], [4, 4], 5],
	] as const)("sums %s as cpu does", async (_, shape, ids, segments) => {
		await expectSameAsCpu("wasm", () =>
			tf.unsortedSegmentSum(randomTensor([...shape], 3), tf.tensor1d([...ids], "int32"), segments),
		);
	});

	it("keeps int32 exact", async () => {
		await tf.setBackend("wasm");
		const x = tf.tensor2d([16777217, 2, 3, 4, 5, 6], [3, 2], "int32");
		const sums = tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1], "int32"), 2);
		expect(sums.dtype).toBe("int32");
		expect([...sums.dataSync()]).toEqual([3, 4, 16777222, 8]);
	});

	it("counts bool as cpu does, beyond 255 too", async () => {
		await expectSameAsCpu("wasm", () =>
			tf.unsortedSegmentSum(tf.ones([300, 2], "bool"), tf.zeros<tf.Rank.R1>([300], "int32"), 2),
		);
	});

	it("names the shapes when the ids do not fit", () => {
		expect(() => tf.unsortedSegmentSum(tf.zeros([4, 2]), tf.tensor1d([0, 1], "int32"), 2)).toThrow(
			"segmentIds [2] do not fit x [4,2]: expected one id for each row of x, [4]",
		);
	});

	it("gives tf.gather its gradient", async () => {
		await expectSameAsCpu("wasm", () => {
			const upstream = randomTensor([2, 3, 5], 4);
			const ids = tf.tensor2d([1, 6, 1, 0, 6, 6], [2, 3], "int32");
			return tf.grad((x) => tf.sum(tf.mul(tf.gather(x, ids), upstream)))(randomTensor([7, 5], 5));
		});
	});

	it("sums nothing to zeros", async () => {
		await tf.setBackend("wasm");
		expectClose(tf.unsortedSegmentSum(tf.zeros([0, 2]), tf.tensor1d([], "int32"), 2), [0, 0, 0, 0]);
	});

	it("any size and type, ids that repeat or lie outside: exact, all of the output written and nothing else", () => {
		const problems = fc.record({
			rows: fc.integer({ min: 0, max: 40 }),
			shape: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
			segments: fc.integer({ min: 0, max: 20 }),
			dtype: fc.constantFrom("float32" as const, "int32" as const, "bool" as const),
			seed: fc.nat(),
		});
		fc.assert(
			fc.property(problems, ({ rows, shape, segments, dtype, seed }) => {
				const random = randomSource(seed);
				const width = tf.util.sizeFromShape(shape);
				const size = dtype === "bool" ? 1 : 2 ** 20; // their sums are exact, in float32 too
				const values = Int32Array.from({ length: rows * width }, () =>
					random.integer(dtype === "bool" ? 0 : -size, size),
				);
				const extremes = [-1, segments, 2 ** 31 - 1, -(2 ** 31)];
				const ids = Int32Array.from({ length: rows }, () =>
					random.uniform() < 0.1 ? (extremes[random.integer(0, 3)] ?? 0) : random.integer(0, segments),
				);
				const sums = new Float64Array(segments * width);
				values.forEach((value, at) => {
					const segment = ids[Math.floor(at / width)] ?? -1;
					if (segment < 0 || segment >= segments) return;
					const target = segment * width + (at % width);
					sums[target] = (sums[target] ?? 0) + value;
				});
				const actual = withGuardedMemory(() =>
					tf.tidy(() => {
						const x = tf.tensor(dtype === "bool" ? Uint8Array.from(values) : values, [rows, ...shape], dtype);
						const y = tf
							.engine()
							.runKernel("UnsortedSegmentSum", { x, segmentIds: tf.tensor1d(ids, "int32") }, {
								numSegments: segments,
							} as tf.NamedAttrMap);
						expect((y as unknown as tf.Tensor).shape).toEqual([segments, ...shape]);
						return (y as unknown as tf.Tensor).dataSync().slice();
					}),
				);
				expect([...actual]).toEqual([...sums]);
			}),
			{ seed: 1, numRuns: 300 },
		);
	});

	it("refuses what it cannot read, and leaves nothing behind", () => {
		const run = (x: tf.Tensor, segmentIds: tf.Tensor, numSegments: number): unknown =>
			tf.engine().runKernel("UnsortedSegmentSum", { x, segmentIds }, { numSegments });
		withGuardedMemory(() =>
			tf.tidy(() => {
				const x = tf.ones([2, 3]);
				const ids = tf.tensor1d([0, 1], "int32");
				expect(() => run(x, tf.tensor1d([0, 1]), 2)).toThrow(
					"UnsortedSegmentSum: x is float32 and segmentIds float32; expected float32, int32 or bool, and int32.",
				);
				expect(() => run(x, tf.tensor2d([0, 1], [1, 2], "int32"), 2)).toThrow("do not fit");
				for (const segments of [-1, 0.5, Number.NaN])
					expect(() => run(x, ids, segments)).toThrow("expected a whole number");
			}),
		);
	});
});
