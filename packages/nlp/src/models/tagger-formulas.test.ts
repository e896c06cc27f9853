import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { attention, type Matrix, plus } from "../../test/plain-forward.ts";
import { bothWays, dense, randomWeights, type Weights } from "../../test/plain-recurrent.ts";
import { Tagger } from "./tagger.ts";
import { toSentenceBatch } from "./tagger-batch.ts";

const heads = 2;
const config = {
	...{ vocabularySize: 11, tags: 5, embeddingSize: 3, affixBuckets: 13, affixSize: 2 },
	...{ units: 4, layers: 2 },
};
const sentences = [
	[4, 9],
	[7, 8, 4, 10, 6],
];
const looksOf = (word: number): number[] => [word + 2, (word * 5) % 13, 0];

/** h + selfAttention(h). */
function lookAround(h: Matrix, weights: Weights, name: string): Matrix {
	const part = (which: string): Matrix => dense(h, weights, `${name}/${which}`);
	const merged = attention(part("query"), part("key"), part("value"), heads, () => true);
	const found = dense(merged, weights, `${name}/attention_output`);
	return h.map((row, t) => plus(row, found[t] as number[]));
}

/** The scores of one sentence, in float64. */
function reference(words: number[], weights: Weights, after: "last" | "every"): Matrix {
	let h = words.map((word) => {
		const looks = looksOf(word);
		const sum = plus(...looks.map((id) => weights("encoder/affixes")[id] as number[]));
		return [
			...(weights("encoder/embedding")[word] as number[]),
			...sum.map((value) => value / Math.sqrt(looks.length)),
		];
	});
	for (const layer of [0, 1]) {
		h = bothWays(h, weights, `encoder/${layer}`);
		if (after === "every") h = lookAround(h, weights, `encoder/${layer}/attention`);
	}
	if (after === "last") h = lookAround(h, weights, "encoder/self_attention");
	return dense(h, weights, "output");
}

describeOnEveryBackend("a Tagger against its formulas", () => {
	it.each(["last", "every"] as const)("computes the logits, self-attention after: %s", (after) => {
		const model = new Tagger({ ...config, selfAttention: { heads, after } });
		const weights = randomWeights(model);
		const batch = toSentenceBatch(sentences.map((words) => ({ words, affixes: words.map(looksOf) })));
		const logits = model.logits(batch);
		const scores = logits.arraySync() as number[][][];
		sentences.forEach((words, row) => {
			const expected = reference(words, weights, after);
			expect(expected.flat().some((value) => Math.abs(value) > 1)).toBe(true);
			expectClose((scores[row] as Matrix).slice(0, words.length).flat(), expected.flat(), { atol: 1e-5 });
		});
		tf.dispose([logits, { ...batch }]);
		model.dispose();
	});
});
