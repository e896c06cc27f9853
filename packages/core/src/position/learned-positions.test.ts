import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { learnedPositions } from "./learned-positions.ts";

describeOnEveryBackend("learnedPositions", () => {
	const table = (): tf.Tensor2D => randomTensor<tf.Rank.R2>([7, 3], 1);

	it("reads rows from an offset on, or those that are named", () => {
		const rows = table();
		expectClose(learnedPositions(rows, 2, { offset: 5 }), rows.dataSync().slice(15), { atol: 0 });
		const named = learnedPositions(
			rows,
			tf.tensor2d(
				[
					[6, 0],
					[2, 2],
				],
				[2, 2],
				"int32",
			),
		);
		expect(named.shape).toEqual([2, 2, 3]);
		expectClose(named, tf.gather(rows, tf.tensor1d([6, 0, 2, 2], "int32")).dataSync(), { atol: 0 });
		expect(learnedPositions(rows, tf.tensor1d([1, 4, 4], "int32")).shape).toEqual([3, 3]);
	});

	it("trains the table, and leaves nothing behind", () => {
		const rows = table();
		const positions = tf.tensor2d(
			[
				[6, 0],
				[2, 2],
			],
			[2, 2],
			"int32",
		);
		expectGradientsMatch((t) => learnedPositions(t as tf.Tensor2D, 3, { offset: 1 }), [rows]);
		expectGradientsMatch((t) => learnedPositions(t as tf.Tensor2D, positions), [rows]);
		expectNoLeak(() => learnedPositions(rows, 3));
		expectNoLeak(() => learnedPositions(rows, positions));
		expectNoLeak(() => learnedPositions(rows, 8), { throws: true });
	});

	it("refuses positions that are not in the table or not whole", () => {
		const rows = table();
		expect(() => learnedPositions(rows, 3, { offset: 5 })).toThrow(
			"learnedPositions: positions 5 to 7 are not all in table [maxLength 7, dim 3]: the last is 6.",
		);
		expect(() => learnedPositions(rows, tf.tensor1d([1]))).toThrow("positions is float32; expected int32");
		const one = tf.tensor1d([1], "int32");
		expect(() => learnedPositions(rows, one, { offset: 1 })).toThrow("`offset` goes with a length");
		// @ts-expect-error wrong rank
		expect(() => learnedPositions(tf.zeros([3]), 2)).toThrow("learnedPositions: table [3] has rank 1");
	});
});
