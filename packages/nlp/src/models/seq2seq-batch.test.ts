import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { padPairs } from "../text/batch-pairs.ts";
import { toSeq2SeqBatch } from "./seq2seq-batch.ts";

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
