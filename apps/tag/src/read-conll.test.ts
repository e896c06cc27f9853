import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UserError } from "@heed/command-line";
import { sharedPath } from "@heed/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConll, readConll } from "./read-conll.ts";

const auto = { wordColumn: 0, tagColumn: 0 };
const parse = (text: string, columns = auto): string[] =>
	parseConll(text, "a.conll", columns).map(({ words, tags }) =>
		words.map((word, i) => `${word}/${tags[i]}`).join(" "),
	);

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-tag-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("parseConll", () => {
	it("reads two columns; a line without a word ends a sentence", () => {
		expect(parse("Tom\tB-PER\nran\tO\n\t\n\n.\tO\r\n")).toEqual(["Tom/B-PER ran/O", "./O"]);
	});

	it("reads columns between spaces, the first and the last, and passes over -DOCSTART-", () => {
		expect(parse("-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n")).toEqual([
			"EU/B-ORG rejects/O",
		]);
	});

	it("reads CoNLL-U without comments, contractions and empty nodes", () => {
		const row = (id: string, form: string, tag: string): string =>
			[id, form, "_", tag, ..."______"].join("\t");
		const rows = ["# text = don't", row("1-2", "don't", "_"), row("1", "do", "AUX"), row("2", "n't", "PART")];
		expect(parse([...rows, row("2.1", "go", "VERB"), "", row("1", "!", "PUNCT")].join("\n"))).toEqual([
			"do/AUX n't/PART",
			"!/PUNCT",
		]);
	});

	it("takes a hash for a comment only where it is one", () => {
		expect(parse("# id 1\n#\tO\n#tag\tO\n\n# id 2\na O\n#b O\n# c O\n")).toEqual(["#/O #tag/O", "a/O #b/O"]);
	});

	it("takes the columns that it is told", () => {
		expect(parse("1\ttampa\tB-LOC\t-\tx\n", { wordColumn: 2, tagColumn: 3 })).toEqual(["tampa/B-LOC"]);
	});

	it.each([
		["a\tO\nalone\n", "a.conll:2: 1 column; expected a word and a tag, with a tab between them."],
		["a\t\n", "a.conll:1: 2 columns; expected a word and a tag"],
		["", "a.conll: there is no tagged word"],
		["# only\n\n", "there is no tagged word"],
	])("refuses %j", (text, message) => {
		expect(() => parse(text)).toThrow(UserError);
		expect(() => parse(text)).toThrow(message);
	});

	it("refuses a column that is not there", () => {
		const message = "1: 2 columns; expected a word in column 1 and a tag in column 3.";
		expect(() => parse("a\tO\n", { wordColumn: 0, tagColumn: 3 })).toThrow(message);
	});
});

describe("readConll", () => {
	it("reads plain and compressed files, and says what is wrong with others", () => {
		const path = join(folder, "a.conll.gz");
		writeFileSync(path, gzipSync("é\tO\n"));
		expect(readConll(path, auto)).toEqual([{ words: ["é"], tags: ["O"] }]);
		writeFileSync(path, "é\tO\n");
		expect(() => readConll(path, auto)).toThrow("this is not a gzip file");
		expect(() => readConll(join(folder, "b"), auto)).toThrow("there is no such file");
		expect(() => readConll(folder, auto)).toThrow("this is a folder");
		writeFileSync(join(folder, "c"), Uint8Array.of(0xff, 9, 0x4f));
		expect(() => readConll(join(folder, "c"), auto)).toThrow("this is not UTF-8 text");
	});

	// Numbers of sentences and words or spans that the data's README states.
	const ewt = sharedPath("data", "ud-english-ewt", "en_ewt-ud-dev.conllu.gz");
	it.skipIf(ewt === undefined)("counts what UD English-EWT has", () => {
		const sentences = readConll(ewt ?? "", auto);
		expect(sentences).toHaveLength(2001);
		expect(sentences.flatMap(({ words }) => words)).toHaveLength(25_147);
		expect(new Set(sentences.flatMap(({ tags }) => tags)).size).toBe(17);
	});

	const wnut = sharedPath("data", "wnut17", "wnut17train.conll");
	it.skipIf(wnut === undefined)("counts what WNUT-17 has", () => {
		const sentences = readConll(wnut ?? "", auto);
		expect(sentences).toHaveLength(3394);
		expect(sentences.flatMap(({ tags }) => tags).filter((tag) => tag.startsWith("B-"))).toHaveLength(1975);
	});
});
