import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { trainingBatches, validationBatches } from "./pair-batches.ts";

const pairs = Array.from({ length: 23 }, (_, i) => ({
	source: new Array<number>(1 + (i % 5)).fill(i + 4),
	target: [1, ...new Array<number>(i % 7).fill(5), 2],
}));

describeOnEveryBackend("the batches of a training", () => {
	it("hold every pair once in each epoch, in an order of the seed and the epoch", async () => {
		const source = trainingBatches(pairs, 5);
		const sourcesOf = async (seed: number, epoch: number): Promise<number[]> => {
			const ids: number[] = [];
			for (let index = 0; index < source.batches; index++) {
				const place = { seed, epoch, index };
				const batch = await source.batch(place);
				expect(batch.source.shape[0]).toBe(source.size(place));
				ids.push(...(await tf.tidy(() => tf.slice(batch.source, [0, 0], [-1, 1])).data()));
				tf.dispose({ ...batch });
			}
			return ids;
		};
		const first = await sourcesOf(0, 0);
		expect([...first].sort((a, b) => a - b)).toEqual(pairs.map((_, i) => i + 4));
		expect(await sourcesOf(0, 1)).not.toEqual(first);
		expect(await sourcesOf(1, 0)).not.toEqual(first);
		expect(await sourcesOf(0, 0)).toEqual(first);
	});

	it("count the tokens that are predicted: all but the first of each target", async () => {
		const source = validationBatches(pairs, 50);
		const batch = await source.batch({ seed: 0, epoch: 0, index: 0 });
		expect(source.batches).toBe(1);
		expect(batch.target.shape[0]).toBe(23);
		expect(batch.predicted).toBe(pairs.reduce((sum, { target }) => sum + target.length - 1, 0));
		tf.dispose({ ...batch });
	});
});
