import { expect, it } from "vitest";
import { parseBrown, readBrownTexts } from "./index.ts";

it("reads words and tags, also a word with a slash", () => {
	expect(parseBrown("\n\tThe/at Fulton/np-tl\t1/2/cd ./.\n\n\ta/at\n")).toEqual([
		[
			["The", "at"],
			["Fulton", "np-tl"],
			["1/2", "cd"],
			[".", "."],
		],
		[["a", "at"]],
	]);
});

it("is all there: the numbers of the corpus as it is known", () => {
	const texts = readBrownTexts();
	expect(texts).toHaveLength(500);
	const sentences = texts.flatMap((text) => text.sentences);
	expect(sentences).toHaveLength(57_340);
	expect(sentences.reduce((sum, { length }) => sum + length, 0)).toBe(1_161_192);
	expect(sentences.some((pairs) => pairs.some(([word, tag]) => word === "" || tag === ""))).toBe(false);
});
