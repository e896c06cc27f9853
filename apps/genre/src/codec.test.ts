import { Vocabulary } from "@heed/nlp";
import { describe, expect, it } from "vitest";
import { codecJson, learnCodec, readCodec } from "./codec.ts";

const pieces = [
	{
		document: "1",
		label: "b",
		sentences: [
			["The", "cat"],
			["the", "year", "1961"],
		],
	},
	{ document: "2", label: "b", sentences: [["the", "cat", "1984"]] },
	{ document: "2", label: "b", sentences: [["The", "end"]] },
	{ document: "3", label: "a", sentences: [["dog"]] },
	{ document: "3", label: "a", sentences: [["dog"]] },
];

describe("a codec", () => {
	const codec = learnCodec(pieces, 2);

	it("looks words up without case and digits, and leaves those of few documents out", () => {
		const [[the, cat] = [], [year, number, dog] = []] = codec.encode([
			["THE", "Cat"],
			["year", "2026", "dog"],
		]);
		expect([the, cat, number]).not.toContain(Vocabulary.unk);
		expect([year, dog]).toEqual([Vocabulary.unk, Vocabulary.unk]);
		expect(codec.words.size).toBe(4 + 3);
	});

	it("numbers the labels by how frequent they are, and leaves pieces of others out", () => {
		expect(codec.labels).toEqual(["b", "a"]);
		expect(pieces.map((piece) => codec.encodePiece(piece)?.label)).toEqual([0, 0, 0, 1, 1]);
		expect(codec.encodePiece({ document: "4", label: "c", sentences: [["cat"]] })).toBeUndefined();
	});

	it("comes back from JSON", () => {
		const again = readCodec(JSON.parse(JSON.stringify(codecJson(codec))));
		expect(again.labels).toEqual(codec.labels);
		expect(again.encode([["cat", "dog"]])).toEqual(codec.encode([["cat", "dog"]]));
		expect(() => readCodec({ words: codec.words.toJSON(), labels: [] })).toThrow("no list of labels");
		expect(() => readCodec({ labels: ["a"] })).toThrow("this is no vocabulary");
	});
});
