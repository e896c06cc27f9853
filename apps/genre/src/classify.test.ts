import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { buildModel, classify } from "./classify.ts";
import { learnCodec } from "./codec.ts";
import { defaultsOf, type ModelSettings } from "./settings.ts";

const pieces = [
	{
		document: "1",
		label: "a",
		sentences: [
			["the", "cat", "sat"],
			["it", "slept"],
			["so", "did", "the", "dog"],
		],
	},
	{ document: "2", label: "b", sentences: [["profits", "rose"]] },
	{ document: "3", label: "c", sentences: [["the", "end"], ["profits"]] },
];
const codec = learnCodec(pieces, 1);
const texts = pieces.map(({ sentences }) => sentences);
const tiny: ModelSettings = { ...defaultsOf("file").model, units: 3, embedding: 5, hops: 2 };
const shapes: [string, Partial<ModelSettings>][] = [
	["context", {}],
	["structured", { pooling: "structured" }],
	["flat, context", { flat: true }],
	["flat, structured, LSTM", { flat: true, pooling: "structured", cell: "lstm" }],
];
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describeOnEveryBackend("classify", () => {
	it.each(shapes)(
		"keeps the order, whatever shares a batch, and tells where it looked: %s",
		async (_, shape) => {
			const model = buildModel({ ...tiny, ...shape }, codec);
			const before = tf.memory().numTensors;
			const together = await classify(model, codec, texts, { look: true });
			expect(tf.memory().numTensors).toBe(before);
			for (const [i, sentences] of texts.entries()) {
				const [alone] = await classify(model, codec, [sentences], { look: true });
				const own = together[i];
				expect(sum((own?.logProbabilities ?? []).map(Math.exp))).toBeCloseTo(1, 4);
				own?.logProbabilities.forEach((value, label) => {
					expect(value).toBeCloseTo(alone?.logProbabilities[label] ?? Number.NaN, 4);
				});
				expect(own?.sentences.map(({ words }) => words)).toEqual(sentences);
				expect(sum((own?.sentences ?? []).map(({ weight = 0 }) => weight))).toBeCloseTo(1, 4);
				own?.sentences.forEach(({ words, wordWeights = [] }, place) => {
					expect(wordWeights).toHaveLength(words.length);
					expect(sum(wordWeights)).toBeCloseTo(1, 4);
					wordWeights.forEach((weight, word) => {
						expect(weight).toBeCloseTo(alone?.sentences[place]?.wordWeights?.[word] ?? Number.NaN, 4);
					});
				});
			}
			model.dispose();
		},
	);

	it("has nothing to tell without attention, or when it is not asked", async () => {
		const mean = buildModel({ ...tiny, pooling: "mean" }, codec);
		const context = buildModel(tiny, codec);
		const [one] = await classify(mean, codec, texts, { look: true });
		const [two] = await classify(context, codec, texts);
		for (const found of [one, two]) {
			expect(found?.sentences).toEqual(texts[0]?.map((words) => ({ words })));
			expect(found?.logProbabilities).toHaveLength(3);
		}
		for (const model of [mean, context]) model.dispose();
	});
});
