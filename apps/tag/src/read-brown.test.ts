import { parseBrown } from "@heed/command-line/brown";
import { describe, expect, it } from "vitest";
import { plainTag, readBrown, taggedSentence } from "./read-brown.ts";

describe("the Brown corpus", () => {
	it("reads words and tags, also a word with a slash", () => {
		const sentences = parseBrown("\n\tThe/at Fulton/np-tl\t1/2/cd ./.\n\n\ta/at\n");
		expect(sentences.map(taggedSentence)).toEqual([
			{ words: ["The", "Fulton", "1/2", "."], tags: ["at", "np", "cd", "."] },
			{ words: ["a"], tags: ["at"] },
		]);
	});

	it("leaves out marks that are no part of speech", () => {
		expect(["np-tl", "nn-tl-hl", "fw-in-tl", "ppss+md", "--", "*", "fw-*", ".-hl"].map(plainTag)).toEqual([
			"np",
			"nn",
			"in",
			"ppss+md",
			"--",
			"*",
			"*",
			".",
		]);
	});

	it("is all there: the numbers of the corpus as it is known", () => {
		const sentences = readBrown();
		expect(sentences).toHaveLength(57_340);
		expect(sentences.reduce((sum, { words }) => sum + words.length, 0)).toBe(1_161_192);
		const tags = new Set(sentences.flatMap((sentence) => sentence.tags));
		expect(tags.size).toBe(190);
		expect(tags.has("")).toBe(false);
		expect(sentences.some(({ words }) => words.includes(""))).toBe(false);
	});
});
