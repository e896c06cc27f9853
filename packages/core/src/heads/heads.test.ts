import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { mergeHeads } from "./merge-heads.ts";
import { repeatKeyValueHeads } from "./repeat-key-value-heads.ts";
import { splitHeads } from "./split-heads.ts";
import { swapHeadsAndLength } from "./swap-heads-and-length.ts";

describeOnEveryBackend("splitHeads and mergeHeads", () => {
	it("read heads from the outer part of the features", () => {
		const x = tf.tensor3d([0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15], [1, 2, 6]);
		const heads = splitHeads(x, 3);
		expect(heads.shape).toEqual([1, 3, 2, 2]);
		expect([...heads.dataSync()]).toEqual([0, 1, 10, 11, 2, 3, 12, 13, 4, 5, 14, 15]);
		expect([...mergeHeads(heads).dataSync()]).toEqual([...x.dataSync()]);
	});

	it("are inverses with gradients, and leave nothing behind", () => {
		const x = randomTensor<tf.Rank.R3>([2, 5, 21], 1);
		expectClose(mergeHeads(splitHeads(x, 7)), x, { atol: 0 });
		expectGradientsMatch((y) => splitHeads(y as tf.Tensor3D, 3), [x]);
		expectGradientsMatch((y) => mergeHeads(y as tf.Tensor4D), [randomTensor([2, 3, 5, 7], 2)]);
		expectNoLeak(() => splitHeads(x, 3));
		expectNoLeak(() => splitHeads(x, 2), { throws: true });
		expectNoLeak(() => tf.tidy(() => mergeHeads(splitHeads(x, 3))));
	});

	it("refuse what cannot be cut", () => {
		const x = tf.zeros<tf.Rank.R3>([2, 5, 10]);
		expect(() => splitHeads(x, 4)).toThrow(
			"splitHeads: x [batch 2, length 5, features 10] cannot be cut into 4 heads: 4 must divide 10.",
		);
		expect(() => splitHeads(x, 0)).toThrow("splitHeads: `heads` is 0");
		// @ts-expect-error wrong rank
		expect(() => mergeHeads(x)).toThrow("mergeHeads: x [2, 5, 10] has rank 3; expected rank 4");
	});
});

describeOnEveryBackend("swapHeadsAndLength", () => {
	it("is its own inverse", () => {
		const x = randomTensor<tf.Rank.R4>([2, 3, 5, 7], 3);
		const swapped = swapHeadsAndLength(x);
		expect(swapped.shape).toEqual([2, 5, 3, 7]);
		expectClose(swapHeadsAndLength(swapped), x, { atol: 0 });
		expectGradientsMatch((y) => swapHeadsAndLength(y as tf.Tensor4D), [x]);
		expectNoLeak(() => swapHeadsAndLength(x));
		// @ts-expect-error wrong rank
		expect(() => swapHeadsAndLength(tf.zeros([2, 3]))).toThrow("swapHeadsAndLength: x [2, 3] has rank 2");
	});
});

describeOnEveryBackend("repeatKeyValueHeads", () => {
	it("gives adjacent query heads the same key/value head", () => {
		const x = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
		const repeated = repeatKeyValueHeads(x, 3);
		expect(repeated.shape).toEqual([2, 6, 1, 1]);
		expect([...repeated.dataSync()]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
		expect([...repeatKeyValueHeads(x, 1).dataSync()]).toEqual([1, 2, 3, 4]);
	});

	it("sums the gradients of the copies, and leaves nothing behind", () => {
		const x = randomTensor<tf.Rank.R4>([2, 3, 5, 7], 4);
		expectGradientsMatch((y) => repeatKeyValueHeads(y as tf.Tensor4D, 2), [x]);
		expectNoLeak(() => repeatKeyValueHeads(x, 2));
		expectNoLeak(() => repeatKeyValueHeads(x, 0), { throws: true });
		expect(() => repeatKeyValueHeads(x, 0.5)).toThrow("repeatKeyValueHeads: `repeats` is 0.5");
	});
});
