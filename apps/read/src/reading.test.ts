import { expect, it } from "vitest";
import { type Reading, sentenceMap, wordMap } from "./reading.ts";

const reading: Reading = {
	question: { story: ["mary went .", "john came ."], query: "XXXXX came" },
	answer: "john",
	probability: 0.75,
	documentTokens: ["mary", "went", ".", "john", "came", "."],
	queryTokens: ["xxxxx", "came"],
	weights: Float32Array.of(0.5, 0.25, 0, 0.25, 0, 0, 0, 0, 0, 0, 1, 0),
};

it("draws words against words, and sentences against words", () => {
	expect(wordMap(reading)).toMatchObject({
		title: "XXXXX came → john",
		queryTokens: reading.queryTokens,
		keyTokens: reading.documentTokens,
		weights: reading.weights,
	});
	const map = sentenceMap(reading);
	expect(map).toMatchObject({ queryTokens: reading.question.story, keyTokens: reading.queryTokens });
	expect(Array.from(map?.weights ?? [])).toEqual([0.75, 0, 0.25, 1]);
});

it("draws nothing of an empty story", () => {
	const empty = { ...reading, documentTokens: [], weights: new Float32Array(0) };
	expect(wordMap(empty)).toBeUndefined();
	expect(sentenceMap(empty)).toBeUndefined();
});
