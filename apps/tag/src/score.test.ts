import { expect, it } from "vitest";
import { confusions, scoreTags } from "./score.ts";

const sentences = [
	{ words: ["Tom", "Smith", "ran"], tags: ["B-P", "I-P", "O"] },
	{ words: ["to", "Rome"], tags: ["O", "B-L"] },
];
const predicted = [
	["B-P", "I-P", "O"],
	["O", "B-P"],
];

it("judges words by accuracy", () => {
	const { name, value, text } = scoreTags("words", predicted, sentences);
	expect([name, value, text]).toEqual(["accuracy", 80, "accuracy 80.00 % (4 of 5 words)"]);
});

it("judges spans by F1", () => {
	const { name, value, text, types } = scoreTags("spans", predicted, sentences);
	expect([name, value]).toEqual(["span F1", 50]);
	expect(text).toBe("span F1 50.00 (precision 50.00, recall 50.00; 1 right of 2 found and 2 there)");
	expect(types?.get("L")).toMatchObject({ gold: 1, predicted: 0, f1: 0 });
});

it("lists the mistakes, the most frequent first", () => {
	const gold = [...sentences, { words: ["Rome", "Bonn"], tags: ["B-L", "O"] }];
	expect(confusions([...predicted, ["B-P", "B-L"]], gold, 5)).toEqual([
		{ expected: "B-L", got: "B-P", count: 2, example: "Rome" },
		{ expected: "O", got: "B-L", count: 1, example: "Bonn" },
	]);
	expect(confusions(predicted, sentences, 0)).toEqual([]);
});
