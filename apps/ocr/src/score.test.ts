import { expect, it } from "vitest";
import { editDistance, letterAccuracy, scoreText, scoreWords, wordAccuracy } from "./score.ts";
import { readWords } from "./words/read-words.ts";

it("edit distances are those of Levenshtein", () => {
	const known: [string, string, number][] = [
		["kitten", "sitting", 3],
		["saturday", "sunday", 3],
		["", "abc", 3],
		["abc", "", 3],
		["flaw", "lawn", 2],
		["same", "same", 0],
	];
	for (const [a, b, distance] of known) expect(editDistance(a, b)).toBe(distance);
});

it("scores count letters and words", () => {
	const score = scoreWords(["word", "lettr", ""], ["word", "letter", "ab"]);
	expect(score).toEqual({ words: 3, right: 1, letters: 12, edits: 3 });
	expect(letterAccuracy(score)).toBe(75);
	expect(wordAccuracy(score)).toBeCloseTo(100 / 3, 10);
	expect(scoreText(score)).toBe("letters 75.00 %, words 33.33 % (1 of 3)");
});

it("words are on one side each", () => {
	const { train, dev, test } = readWords();
	const all = [...train, ...dev, ...test];
	expect(new Set(all).size).toBe(all.length);
	expect(all.every((word) => /^[a-z]{2,6}$/.test(word))).toBe(true);
	for (const [side, share] of [
		[test, 0.1],
		[dev, 0.018],
	] as const) {
		expect(Math.abs(side.length / all.length - share)).toBeLessThan(0.01);
	}
});
