import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { codecJson, learnCodec, readCodec } from "./codec.ts";
import { defaultsOf } from "./settings.ts";
import { buildModel, tagSentences } from "./tag-sentences.ts";
import { inlineTags, lookMap } from "./tagging.ts";

const settings = {
	...defaultsOf("brown").model,
	units: 4,
	embedding: 3,
	affixBuckets: 50,
	heads: 2,
	minCount: 1,
};
const learned = [{ words: ["The", "dog", "ran", "1999"], tags: ["at", "nn", "vbd", "cd"] }];
const codec = learnCodec(learned, settings);

describe("the codec", () => {
	it("looks words up without case and digits, and says what they look like", () => {
		expect(codec.encode(["THE", "1234"]).words).toEqual(codec.encode(["the", "0000"]).words);
		expect(codec.encode(["cat"]).words).toEqual([3]);
		expect(codec.encode(["cat"]).affixes?.[0]).toHaveLength(9);
		expect(learnCodec(learned, { minCount: 1, affixBuckets: 0 }).encode(["cat"]).affixes).toBeUndefined();
		expect(codec.encodeTagged({ words: ["dog"], tags: ["jj"] })).toBeUndefined();
		expect(codec.decode(codec.encodeTagged(learned[0] as never)?.tags ?? [])).toEqual(learned[0]?.tags);
	});

	it("is the same after JSON, and refuses what is none", () => {
		const copy = readCodec(JSON.parse(JSON.stringify(codecJson(codec))), settings.affixBuckets);
		expect(copy.encode(["the", "cat"])).toEqual(codec.encode(["the", "cat"]));
		expect(copy.tags).toEqual(codec.tags);
		expect(() => readCodec({ words: codecJson(codec).words }, 5)).toThrow("it has no list of tags");
		expect(() => readCodec({ tags: ["a"] }, 5)).toThrow("this is no vocabulary");
	});
});

describeOnEveryBackend("tagSentences", () => {
	it("keeps the order, whatever the lengths, and tells where the words looked", async () => {
		const model = buildModel(settings, codec);
		const sentences = [["The", "dog", "ran"], [], ["dog"], ["ran", "the", "dog", "1", "."]];
		const before = tf.memory().numTensors;
		const found = await tagSentences(model, codec, sentences, { look: true });
		expect(tf.memory().numTensors).toBe(before);
		expect(found.map(({ words }) => words)).toEqual(sentences);
		for (const { words, tags, weights } of found) {
			expect(tags).toHaveLength(words.length);
			if (words.length === 0) continue;
			expect(weights).toHaveLength(words.length ** 2);
			for (const [row] of words.entries()) {
				const own = weights?.subarray(row * words.length, (row + 1) * words.length) ?? new Float32Array(0);
				expect(own.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
			}
		}
		const [alone] = await tagSentences(model, codec, [["dog"]]);
		expect(alone).toEqual({ words: ["dog"], tags: found[2]?.tags });
		model.dispose();
	});

	it("has nothing to look at without self-attention", async () => {
		const model = buildModel({ ...settings, selfAttention: false, crf: true }, codec);
		const [tagging] = await tagSentences(model, codec, [["dog"]], { look: true });
		expect(tagging?.weights).toBeUndefined();
		expect(lookMap(tagging ?? { words: [], tags: [] })).toBeUndefined();
		model.dispose();
	});
});

it("writes tags behind words, and labels the rows of a picture with both", () => {
	const tagging = { words: ["a", "dog"], tags: ["at", "nn"], weights: Float32Array.of(1, 0, 0, 1) };
	expect(inlineTags(tagging)).toBe("a/at dog/nn");
	expect(lookMap(tagging)).toMatchObject({ queryTokens: ["a at", "dog nn"], keyTokens: ["a", "dog"] });
});
