import { expect, it } from "vitest";
import { sentencesOf, wordsOf } from "./split-text.ts";

it("parts words from punctuation", () => {
	expect(wordsOf(`Tom's "dog", isn't it?`)).toEqual(["Tom's", '"', "dog", '"', ",", "isn't", "it", "?"]);
});

it("ends a sentence at its mark and at a blank line, not at a line break", () => {
	expect(sentencesOf("A title\n\nIt was\nlate. Nobody came!\r\n\r\n \n")).toEqual([
		["A", "title"],
		["It", "was", "late", "."],
		["Nobody", "came", "!"],
	]);
	expect(sentencesOf(" \n ")).toEqual([]);
});
