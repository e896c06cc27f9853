import { expectClose, expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
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
});
