import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { padPairs } from "../text/batch-pairs.ts";
import { copyFields, toSeq2SeqBatch } from "./seq2seq-batch.ts";

describeOnEveryBackend("toSeq2SeqBatch", () => {
	const pairs = padPairs(
		[
			{ source: [5, 6, 7], target: [1, 4, 2] },
			{ source: [8], target: [1, 3, 5, 6, 2] },
		],
		Int32Array.of(0, 1),
	);

	it("holds ids and lengths of both sides", () => {
		const batch = toSeq2SeqBatch(pairs);
		expect(batch.source.arraySync()).toEqual([
			[5, 6, 7],
			[8, 0, 0],
		]);
		expect(batch.target.shape).toEqual([2, 5]);
		expect([...batch.sourceLengths.dataSync()]).toEqual([3, 1]);
		expect([...batch.targetLengths.dataSync()]).toEqual([3, 5]);
		tf.dispose({ ...batch });
		expectNoLeak(() => ({ ...toSeq2SeqBatch(pairs) }));
	});
});

it("copyFields refuses what does not fit the source, by its own name", () => {
	const copy = (copyIds: number[], shape: [number, number]) => (): unknown =>
		copyFields([{ copyIds, words: [] }], shape);
	expect(() => copyFields([], [0, 3])).toThrow("copyFields: no copies came; expected at least one");
	expect(copy([4], [2, 3])).toThrow("copyFields: 1 vocabularies came for 2 rows");
	const one = padPairs([{ source: [5], target: [1, 2] }], [0]);
	expect(() => toSeq2SeqBatch(one, [])).toThrow("toSeq2SeqBatch: 0 vocabularies came for 1 rows");
	expect(copy([4, 5, 6, 7], [1, 3])).toThrow("copyFields: copies[0] has 4 ids for a source of 3");
	expect(copy([4, 0.5], [1, 3])).toThrow("copyFields: copies[0].copyIds[1] is 0.5; expected a whole number");
});
