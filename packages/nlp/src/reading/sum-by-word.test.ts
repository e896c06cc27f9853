import { HeedError } from "@heed/core";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { sumByWord } from "./sum-by-word.ts";

const ids = [
	[4, 2, 4, 0, 4],
	[1, 1, 6, 2, 5],
	[3, 3, 3, 3, 3],
];
const vocabularySize = 7;
const words = (): tf.Tensor2D => tf.tensor2d(ids, undefined, "int32");
const weights = (): tf.Tensor2D => randomTensor<tf.Rank.R2>([3, 5], 1);
/** The second row asks for a word that it does not have, and for one twice. */
const asked = [
	[0, 4],
	[3, 1],
	[3, 3],
];
const candidates = (): tf.Tensor2D => tf.tensor2d(asked, undefined, "int32");

const sumOf = (row: number, word: number): number =>
	(weights().arraySync()[row] as number[]).reduce((sum, w, i) => sum + (ids[row]?.[i] === word ? w : 0), 0);

describeOnEveryBackend("sumByWord", () => {
	it("adds up the weights of equal words, of all or of some", () => {
		tf.tidy(() => {
			const all = ids.flatMap((_, b) => Array.from({ length: vocabularySize }, (_, word) => sumOf(b, word)));
			expectClose(sumByWord(weights(), words(), { vocabularySize }), all, { atol: 1e-6 });
			const some = asked.flatMap((row, b) => row.map((word) => sumOf(b, word)));
			expectClose(sumByWord(weights(), words(), { candidates: candidates() }), some, { atol: 1e-6 });
			expect(some[2]).toBe(0);
		});
	});

	it("has the right gradient, of all or of some", () => {
		const [where, which] = [words(), candidates()];
		expectGradientsMatch((x) => sumByWord(x as tf.Tensor2D, where, { vocabularySize }), [weights()]);
		expectGradientsMatch((x) => sumByWord(x as tf.Tensor2D, where, { candidates: which }), [weights()]);
		tf.dispose([where, which]);
	});

	it("leaves nothing behind", () => {
		const [x, where, which] = [weights(), words(), candidates()];
		expectNoLeak(() => sumByWord(x, where, { vocabularySize }));
		expectNoLeak(() => sumByWord(x, where, { candidates: which }));
		expectNoLeak(() => tf.grad((y) => tf.sum(sumByWord(y as tf.Tensor2D, where, { vocabularySize })))(x));
		expectNoLeak(() => sumByWord(x, where, { vocabularySize: 6 }), { throws: true });
		tf.dispose([x, where, which]);
	});

	it("says what is wrong", () => {
		tf.tidy(() => {
			const wrongs: [() => unknown, string][] = [
				[
					() => sumByWord(weights(), words(), {}),
					"give one of `vocabularySize` and `candidates`; neither came",
				],
				[() => sumByWord(weights(), words(), { vocabularySize, candidates: candidates() }), "both came"],
				[() => sumByWord(weights(), words(), { vocabularySize: 6 }), "words[1, 2] is 6; expected 0 to 5"],
				[() => sumByWord(weights(), words(), { vocabularySize: 0 }), "`vocabularySize` is 0"],
				[() => sumByWord(weights(), candidates(), { vocabularySize }), "words [batch 3, document 2]"],
				[() => sumByWord(weights(), weights(), { vocabularySize }), "words is float32; expected int32"],
				[
					() => sumByWord(weights(), words(), { candidates: tf.zeros([2, 2], "int32") }),
					"candidates [batch 2",
				],
				[() => sumByWord(weights(), words(), { size: 7 } as never), "unknown option `size`"],
			];
			for (const [run, message] of wrongs) {
				expect(run).toThrow(message);
				expect(run).toThrow(HeedError);
			}
		});
	});
});
