import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UserError } from "@heed/command-line";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDocuments } from "./read-documents.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-genre-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Uint8Array): string => {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
};

describe("readDocuments", () => {
	it("reads tab-separated lines and lines of JSON, and equal ones once", () => {
		const lines = [
			"good\tI like it. Really!",
			"",
			'{"label": "bad", "text": "No\\n\\nnever"}',
			"good\tI like it. Really!",
			"good\ta tab\tin the text",
		];
		const documents = readDocuments(file("a.tsv", `\ufeff${lines.join("\r\n")}\r\n`));
		expect(documents.map(({ id, label, sentences }) => [id, label, sentences])).toEqual([
			[
				"a.tsv:1",
				"good",
				[
					["I", "like", "it", "."],
					["Really", "!"],
				],
			],
			["a.tsv:3", "bad", [["No"], ["never"]]],
			["a.tsv:5", "good", [["a", "tab", "in", "the", "text"]]],
		]);
	});

	it("reads gzip, and gives the same text with two labels one key", () => {
		const documents = readDocuments(file("a.tsv.gz", gzipSync("a\tSame text\nb\tsame Text\n")));
		expect(documents.map(({ label }) => label)).toEqual(["a", "b"]);
		expect(documents[0]?.key).toBe(documents[1]?.key);
	});

	it.each([
		["no tab", "a\tb\nno tab here\n", ":2: there is no tab; expected label<TAB>text"],
		["an empty label", "a\tb\n\n \tc\n", ":3: the label is empty"],
		["an empty text", "a\t \n", ":1: the text has no word"],
		["an empty file", "\n  \n", "the file is empty"],
		["broken JSON", '{"label": "a"\n', ":1: this is no JSON"],
		[
			"JSON without text",
			'{"label": "a", "text": 3}\n',
			':1: expected {"label": …, "text": …} with two texts.',
		],
		["no UTF-8", Uint8Array.of(0x61, 0x09, 0xff), "this is not UTF-8 text"],
	])("refuses %s", (_, content, message) => {
		const path = file("bad.tsv", content);
		expect(() => readDocuments(path)).toThrow(UserError);
		expect(() => readDocuments(path)).toThrow(message);
		expect(() => readDocuments(path)).toThrow(path);
	});

	it("refuses a file that is absent, a folder, and a damaged archive", () => {
		expect(() => readDocuments(join(folder, "absent.tsv"))).toThrow("there is no such file");
		expect(() => readDocuments(folder)).toThrow("this is a folder");
		expect(() => readDocuments(file("plain.tsv.gz", "a\tb"))).toThrow("not a gzip file, or it is damaged");
	});
});
