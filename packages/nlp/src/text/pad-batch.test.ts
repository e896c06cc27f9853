import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { padBatch, toTensors } from "./pad-batch.ts";

describe("padBatch", () => {
	it("fills short rows at their end", () => {
		const batch = padBatch([[5, 6, 7], [8], []]);
		expect([...batch.ids]).toEqual([5, 6, 7, 8, 0, 0, 0, 0, 0]);
		expect([...batch.lengths]).toEqual([3, 1, 0]);
		expect(batch.shape).toEqual([3, 3]);
	});

	it("takes a length and another id", () => {
		expect([...padBatch([[5], [6, 7]], { length: 3, pad: 9 }).ids]).toEqual([5, 9, 9, 6, 7, 9]);
	});

	it("refuses rows that do not fit, and none", () => {
		expect(() => padBatch([])).toThrow("padBatch: no rows came");
		expect(() => padBatch([[1, 2]], { length: 1 })).toThrow("the longest row has 2 ids, `length` is 1");
		expect(() => padBatch([[3], [1, 1.5]])).toThrow(
			"rows[1][1] is 1.5; expected a whole number from 0 to 2147483647",
		);
		for (const id of [Number.NaN, 2 ** 31, -1, "3", undefined]) {
			expect(() => padBatch([[id as number]])).toThrow(`rows[0][0] is ${id}`);
		}
		expect(() => padBatch([[1]], { size: 1 } as object)).toThrow("unknown option `size`");
	});
});

describeOnEveryBackend("toTensors", () => {
	it("makes int32 tensors and keeps none", () => {
		const batch = padBatch([[5, 6, 7], [8], [9, 10]]);
		const { ids, lengths } = toTensors(batch);
		expect(ids.shape).toEqual([3, 3]);
		expect(ids.dtype).toBe("int32");
		expect([...ids.dataSync()]).toEqual([...batch.ids]);
		expect([...lengths.dataSync()]).toEqual([3, 1, 2]);
		tf.dispose([ids, lengths]);
		expectNoLeak(() => toTensors(batch));
	});
});
