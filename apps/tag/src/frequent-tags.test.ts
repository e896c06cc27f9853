import { expect, it } from "vitest";
import { frequentTags } from "./frequent-tags.ts";

const sentence = (text: string): { words: string[]; tags: string[] } => {
	const pairs = text.split(" ").map((pair) => pair.split("/") as [string, string]);
	return { words: pairs.map(([word]) => word), tags: pairs.map(([, tag]) => tag) };
};
const asked = [{ words: ["can", "Tom", "Rome"] }, { words: [] }, { words: ["tom"] }];

it("gives every known word its most frequent tag, and others the most frequent tag of all", () => {
	const trained = [sentence("can/N Tom/P can/V can/V"), sentence("can/N can/V ran/V Tom/N Tom/P")];
	expect(frequentTags("words", trained, asked)).toEqual([["V", "P", "V"], [], ["V"]]);
	expect(frequentTags("words", [], asked)).toEqual([["", "", ""], [], [""]]);
});

it("takes a word that it does not know for no part of a span", () => {
	const trained = [sentence("Tom/B-P Smith/I-P Tom/B-P Bob/B-P")];
	expect(frequentTags("spans", trained, asked)).toEqual([["O", "B-P", "O"], [], ["O"]]);
});
