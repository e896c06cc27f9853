import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchOrder, batchPairs, padPairs } from "./batch-pairs.ts";

const pairs = Array.from({ length: 23 }, (_, i) => ({
	source: new Array<number>(1 + ((i * 7) % 11)).fill(i + 4),
	target: new Array<number>(1 + ((i * 5) % 13)).fill(i + 4),
}));
const lengths = pairs.map(({ source, target }) => source.length + target.length);

describe("batchPairs", () => {
	it("holds every pair once, padded beside its translation", () => {
		const batches = batchPairs(pairs, { batchSize: 5, seed: 0, bucketBatches: 2 });
		expect(batches.map(({ indices }) => indices.length).sort()).toEqual([3, 5, 5, 5, 5]);
		expect(batches.flatMap(({ indices }) => indices).sort((a, b) => a - b)).toEqual([...pairs.keys()]);
		for (const { source, target, indices } of batches) {
			indices.forEach((index, row) => {
				expect(source.ids[row * source.shape[1]]).toBe(index + 4);
				expect(target.lengths[row]).toBe(pairs[index]?.target.length);
			});
		}
	});

	it("keeps the order without a seed", () => {
		expect(batchOrder(lengths, { batchSize: 10 }).flat()).toEqual([...pairs.keys()]);
	});

	it("depends on the seed and the epoch alone; 0 is a seed", () => {
		const order = (seed: number, epoch: number): string =>
			JSON.stringify(batchOrder(lengths, { batchSize: 4, seed, epoch, bucketBatches: 3 }));
		expect(order(0, 2)).toBe(order(0, 2));
		expect(new Set([order(0, 0), order(0, 1), order(1, 0), order(1, 1)]).size).toBe(4);
		expect(order(0, 0)).not.toBe(JSON.stringify(batchOrder(lengths, { batchSize: 4, bucketBatches: 3 })));
	});

	it("pads less with buckets", () => {
		const padding = (bucketBatches: number): number =>
			batchPairs(pairs, { batchSize: 4, seed: 1, bucketBatches }).reduce(
				(sum, { source, target }) => sum + source.ids.length + target.ids.length,
				0,
			);
		expect(padding(0)).toBeLessThan(padding(1));
	});

	it("holds every pair once, whatever the options", () => {
		const options = fc.record({
			batchSize: fc.integer({ min: 1, max: 30 }),
			seed: fc.nat(),
			epoch: fc.nat(100),
			bucketBatches: fc.nat(8),
		});
		fc.assert(
			fc.property(options, (chosen) => {
				const batches = batchOrder(lengths, chosen);
				expect(batches.flat().sort((a, b) => a - b)).toEqual([...pairs.keys()]);
				expect(batches).toHaveLength(Math.ceil(pairs.length / chosen.batchSize));
			}),
			{ seed: 1, numRuns: 30 },
		);
	});

	it("refuses what it cannot batch", () => {
		expect(() => batchPairs([], { batchSize: 2 })).toThrow("batchPairs: nothing came");
		expect(() => batchPairs(pairs, { batchSize: 0 })).toThrow("`batchSize` is 0");
		expect(() => batchPairs(pairs, { batchSize: 2, bucketBatches: -1 })).toThrow("`bucketBatches` is -1");
		expect(() => batchPairs(pairs, { batchSize: 2, shuffle: true } as never)).toThrow(
			"unknown option `shuffle`",
		);
		expect(() => batchOrder([], { batchSize: 2 })).toThrow("batchOrder: nothing came");
		expect(() => batchOrder(lengths, { batchSize: 2, seed: -1 })).toThrow("`seed` is -1");
		expect(() => padPairs(pairs, [23])).toThrow("index is 23; expected 0 to 22");
		expect(() => padPairs(pairs, [])).toThrow("padPairs: no indices came; expected at least one");
		const odd = [...pairs, { source: [1], target: [2, 0.5] }];
		expect(() => padPairs(odd, [0, 23])).toThrow("padPairs: pairs[23].target[1] is 0.5");
		expect(() => batchPairs(odd, { batchSize: 50 })).toThrow("batchPairs: pairs[23].target[1] is 0.5");
	});
});
