import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brownFolder, parseBrown } from "@heed/command-line/brown";
import { describe, expect, it } from "vitest";
import { brownGenres, plainSentence, readBrown } from "./read-brown.ts";

describe("the Brown corpus", () => {
	it("reads words as they would come from an ordinary text", () => {
		const sentences = parseBrown(
			"\n\t``/`` Tom's/np$ 1/2/cd well-known/jj ,/, no/at ''/'' ;/. ;/.\n\n\ta/at ?/. ?/.\n",
		);
		expect(sentences.map(plainSentence)).toEqual([
			['"', "Tom's", "1", "/", "2", "well-known", ",", "no", '"', ";"],
			["a", "?"],
		]);
	});

	it("is all there, and its genres are those that the corpus itself lists", () => {
		const documents = readBrown();
		expect(documents).toHaveLength(500);
		expect(documents.reduce((sum, { sentences }) => sum + sentences.length, 0)).toBe(57_340);
		expect(documents.every(({ sentences }) => sentences.every(({ length }) => length > 0))).toBe(true);
		const listed = new Map(
			readFileSync(join(brownFolder(), "cats.txt"), "utf8")
				.trim()
				.split("\n")
				.map((line) => line.split(" ") as [string, string]),
		);
		const pairs = new Set(documents.map(({ id, label }) => `${label} = ${listed.get(id)}`));
		expect(pairs.size).toBe(15);
		expect(pairs).toContain("reportage = news");
		const others = [...pairs].filter((pair) => pair !== "reportage = news");
		for (const pair of others) {
			const [label = "", name] = pair.split(" = ");
			expect(name).toBe(label.replaceAll(" ", "_"));
		}
		expect(Object.keys(brownGenres)).toHaveLength(15);
	});
});
