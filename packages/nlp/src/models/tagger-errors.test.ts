import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { Tagger } from "./tagger.ts";
import { type TaggedBatch, toSentenceBatch, toTaggedBatch } from "./tagger-batch.ts";
import type { TaggerConfig } from "./tagger-config.ts";

const small: TaggerConfig = { vocabularySize: 11, tags: 3, embeddingSize: 3, units: 5, affixBuckets: 7 };
const ids = (rows: number[][]): tf.Tensor2D =>
	tf.tensor2d(rows, [rows.length, rows[0]?.length ?? 0], "int32");

const makeBatch = (): TaggedBatch =>
	toTaggedBatch([
		{ words: [4, 9, 3], tags: [0, 2, 1], affixes: [[1], [6], [2]] },
		{ words: [10], tags: [1], affixes: [[0]] },
	]);

type Wrong = Partial<Record<keyof TaggedBatch, tf.Tensor | undefined>>;
const wrongs: [string, () => Wrong, string][] = [
	[
		"word",
		() => ({
			words: ids([
				[4, 11, 3],
				[10, 0, 0],
			]),
		}),
		"words[0, 1] is 11; expected 0 to 10, by the vocabulary",
	],
	[
		"tag",
		() => ({
			tags: ids([
				[0, 3, 1],
				[1, 0, 0],
			]),
		}),
		"tags[0, 1] is 3; expected 0 to 2, by the tags of the config",
	],
	["length", () => ({ lengths: tf.tensor1d([4, 1], "int32") }), "lengths[0] is 4; expected 0 to 3"],
	[
		"affix",
		() => ({ affixes: tf.fill([2, 3, 1], 7, "int32") }),
		"is 7; expected 0 to 6, by the affix buckets",
	],
	["lack of affixes", () => ({ affixes: undefined }), "`affixes` is undefined; the model has `affixBuckets`"],
	["number of affixes", () => ({ affixes: tf.zeros([2, 3, 0], "int32") }), "affixes are empty"],
	["width of tags", () => ({ tags: ids([[0], [1]]) }), "tags [batch 2, length 1] does not match words"],
	["type of words", () => ({ words: tf.zeros([2, 3]) }), "words is float32; expected int32"],
	["rank of words", () => ({ words: tf.zeros([2], "int32") }), "words [2] has rank 1"],
	["width of words", () => ({ words: ids([[], []]) }), "words [batch 2, length 0] is empty"],
];

describeOnEveryBackend("what a Tagger refuses", () => {
	it.each(wrongs)("a batch with a wrong %s", async (name, wrong, message) => {
		const model = new Tagger(small);
		const good = makeBatch();
		const bad = wrong();
		const batch = { ...good, ...bad } as TaggedBatch;
		expect(() => model.loss(batch)).toThrow(message);
		expect(() => model.loss(batch)).toThrow(HeedError);
		expectNoLeak(() => model.loss(batch), { throws: true });
		if (!name.includes("tag")) {
			const before = tf.memory().numTensors;
			await expect(model.tag(batch)).rejects.toThrow(message);
			expect(tf.memory().numTensors).toBe(before);
		}
		tf.dispose([{ ...good }, { ...bad }]);
		model.dispose();
	});

	it.each(["softmax", "crf"] as const)("NaN in its weights, with a %s", async (output) => {
		const model = new Tagger({ ...small, output });
		const batch = makeBatch();
		const spoil = (names: (name: string) => boolean): void => {
			for (const [name, variable] of model.weights) {
				if (names(name)) tf.tidy(() => variable.assign(tf.fill(variable.shape, Number.NaN)));
			}
		};
		const before = tf.memory().numTensors;
		const refuse = async (message: string): Promise<void> => {
			await expect(model.tag(batch)).rejects.toThrow(message);
			await expect(model.tag(batch)).rejects.toThrow(HeedError);
			expect(tf.memory().numTensors).toBe(before);
			tf.tidy(() => {
				expect(model.loss(batch).dataSync()[0]).toBeNaN();
			});
		};
		if (output === "crf") {
			spoil((name) => name === "crf/end");
			await refuse("viterbiDecode: end[0] is NaN");
		}
		spoil((name) => name.startsWith("output"));
		await refuse("Tagger.tag: the scores of words[0, 0] are NaN. Look for NaN in the weights");
		tf.dispose({ ...batch });
		model.dispose();
	});

	it("affixes that it has no table for, and options that it does not have", () => {
		const model = new Tagger({ ...small, affixBuckets: 0 });
		const batch = makeBatch();
		expect(() => model.logits(batch)).toThrow("Tagger.logits: `affixes` came, and the model has no table");
		const { words, tags, lengths } = batch;
		expect(() => model.loss({ words, tags, lengths }, { trainingSeed: -1 })).toThrow("`trainingSeed` is -1");
		expect(() => model.loss(batch, { seed: 1 } as never)).toThrow("unknown option `seed`");
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each([
		[null, "the options are null"],
		[{ ...small, tags: 0 }, "`tags` is 0; expected a whole number at least 1"],
		[{ ...small, affixBuckets: -1 }, "`affixBuckets` is -1"],
		[{ ...small, dropout: 1 }, "`dropout` is 1; expected a finite number at least 0 and less than 1"],
		[{ ...small, bidirectional: 1 }, "`bidirectional` is 1; expected true or false"],
		[{ ...small, output: "viterbi" }, "`output` is \"viterbi\"; expected 'softmax', 'crf'"],
		[{ ...small, selfAttention: { heads: 3 } }, "`selfAttention.heads` is 3; expected a divisor of 10"],
		[{ ...small, selfAttention: { heads: 2, after: "all" } }, "`selfAttention.after`"],
		[{ ...small, selfAttention: { head: 3 } }, "unknown option `head`"],
		[{ ...small, selfAttention: 4 }, "the options are 4"],
		[{ ...small, attention: 4 }, "unknown option `attention`"],
	])("the config %j, before it makes a weight", (config, message) => {
		const make = (): Tagger => Tagger.fromConfig(config as never);
		expect(make).toThrow(message);
		expect(make).toThrow(HeedError);
		expectNoLeak(() => [...make().weights.values()], { throws: true });
	});
});

describe("batches of sentences", () => {
	it("pad words, tags and affixes with 0", () => {
		const batch = makeBatch();
		expect(batch.words.arraySync()).toEqual([
			[4, 9, 3],
			[10, 0, 0],
		]);
		expect(batch.tags.arraySync()).toEqual([
			[0, 2, 1],
			[1, 0, 0],
		]);
		expect(batch.affixes?.arraySync()).toEqual([
			[[1], [6], [2]],
			[[0], [0], [0]],
		]);
		expect(batch.lengths.arraySync()).toEqual([3, 1]);
		tf.dispose({ ...batch });
	});

	it("refuse what does not fit", () => {
		const before = tf.memory().numTensors;
		expect(() => toTaggedBatch([{ words: [1, 2], tags: [1] }])).toThrow(
			"toTaggedBatch: sentences[0] has 2 words and 1 tags",
		);
		expect(() => toSentenceBatch([])).toThrow("toSentenceBatch: no sentences came; expected at least one");
		expect(() => toTaggedBatch([])).toThrow("toTaggedBatch: no sentences came");
		const half = { words: [3, 0.5], tags: [1, -1] };
		expect(() => toSentenceBatch([half])).toThrow("toSentenceBatch: sentences[0].words[1] is 0.5");
		expect(() => toTaggedBatch([half])).toThrow("toTaggedBatch: sentences[0].tags[1] is -1");
		const [full, none] = [{ words: [1], affixes: [[1, 2]] }, { words: [1] }];
		expect(() => toSentenceBatch([full, none])).toThrow("sentences[1]: 1 words and affixes for 0");
		const other = { words: [1], affixes: [[1]] };
		expect(() => toSentenceBatch([full, other])).toThrow("sentences[1]: affixes[0] has 1 ids; expected 2");
		expect(() =>
			toTaggedBatch([
				{ ...full, tags: [1] },
				{ ...other, tags: [1] },
			]),
		).toThrow("toTaggedBatch: sentences[1]: affixes[0] has 1 ids");
		expect(tf.memory().numTensors).toBe(before);
	});
});
