import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { BatchSource } from "./batch-source.ts";
import { exampleBatches } from "./example-batches.ts";
import { groupedBatches } from "./grouped-batches.ts";
import { tensorBatches } from "./tensor-batches.ts";

function epochOf<Batch>(source: BatchSource<Batch>, epoch: number, seed = 0): Batch[] {
	return Array.from({ length: source.batches }, (_, index) => {
		const batch = source.batch({ epoch, index, seed });
		if (batch instanceof Promise) throw new Error("a promise");
		return batch;
	});
}

describe("exampleBatches", () => {
	const source = exampleBatches({ examples: 11, batchSize: 4, makeBatch: (rows) => [...rows] });

	it("deals every example once per epoch, in another order each time", () => {
		const first = epochOf(source, 0);
		expect(first.map((batch) => batch.length)).toEqual([4, 4, 3]);
		expect(first.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
		expect(epochOf(source, 1)).not.toEqual(first);
		expect(epochOf(source, 0, 1)).not.toEqual(first);
		expect(epochOf(source, 0)).toEqual(first);
		expect(source.size({ epoch: 0, index: 2, seed: 0 })).toBe(3);
	});

	it("keeps the order without a shuffle, and drops a last batch that is not full", () => {
		const options = { examples: 5, batchSize: 2, makeBatch: (rows: Int32Array) => [...rows], shuffle: false };
		expect(epochOf(exampleBatches(options), 7)).toEqual([[0, 1], [2, 3], [4]]);
		expect(epochOf(exampleBatches({ ...options, dropLast: true }), 7)).toEqual([
			[0, 1],
			[2, 3],
		]);
	});

	it("refuses bad options", () => {
		const makeBatch = () => 0;
		expect(() => exampleBatches({ examples: 0, batchSize: 1, makeBatch })).toThrow(/`examples` is 0/);
		expect(() => exampleBatches({ examples: 3, batchSize: 1.5, makeBatch })).toThrow(/`batchSize` is 1.5/);
		expect(() => exampleBatches({ examples: 3, batchSize: 4, makeBatch, dropLast: true })).toThrow(
			/`examples` is 3/,
		);
		expect(() => exampleBatches({ examples: 3, batchsize: 4, makeBatch } as never)).toThrow(/`batchsize`/);
	});
});

describe("groupedBatches", () => {
	it("keeps groups together and shuffles their order", () => {
		const groups = [[0, 1, 2], [3], [4, 5], [6], [7, 8]];
		const source = groupedBatches({ groups, makeBatch: (group) => group });
		const epochs = [0, 1, 2].map((epoch) => epochOf(source, epoch));
		for (const batches of epochs) expect(new Set(batches)).toEqual(new Set(groups));
		expect(new Set(epochs.map(String)).size).toBe(3);
		const place = { epoch: 1, index: 2, seed: 0 };
		expect(source.size(place)).toBe(epochs[1]?.[2]?.length);
		expect(groupedBatches({ groups: [5], makeBatch: Number, size: (n) => n }).size(place)).toBe(5);
		expect(() => groupedBatches({ groups: [], makeBatch: Number })).toThrow(/`groups` is empty/);
	});
});

describeOnEveryBackend("tensorBatches", () => {
	it("picks rows of inputs and targets alike, and leaves the tensors to the caller", () => {
		const inputs = tf.tensor2d([
			[0, 1],
			[10, 11],
			[20, 21],
		]);
		const targets = tf.tensor1d([0, 1, 2], "int32");
		const source = tensorBatches({ inputs: [inputs], targets, batchSize: 2 });
		const rows = epochOf(source, 0).flatMap((batch) => {
			const [x] = batch.inputs as [tf.Tensor2D];
			const y = batch.targets as tf.Tensor;
			return [...y.dataSync()].map((target, i) => [target, x.arraySync()[i]]);
		});
		expect(rows.sort()).toEqual([
			[0, [0, 1]],
			[1, [10, 11]],
			[2, [20, 21]],
		]);
		expectNoLeak(() => ({ ...source.batch({ epoch: 3, index: 0, seed: 1 }) }) as tf.TensorContainer);
		expect(inputs.isDisposed).toBe(false);
	});

	it("refuses tensors of different lengths", () => {
		expect(() => tensorBatches({ inputs: tf.zeros([3, 2]), targets: tf.zeros([4]) })).toThrow(
			/tensorBatches: the tensors \[3, 2\], \[4\] do not hold the same number/,
		);
		expect(() => tensorBatches({ inputs: tf.zeros([0, 2]), targets: tf.zeros([0]) })).toThrow(
			/tensorBatches: the tensors \[0, 2\], \[0\] hold no examples; expected at least 1/,
		);
	});
});
