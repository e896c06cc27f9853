import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { UserError } from "../program/errors.ts";
import { readJson, readText } from "./read-text.ts";

let root = "";
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "heed-command-line-"));
});
afterEach(() => rmSync(root, { recursive: true }));

it("reads text, packed or not", () => {
	writeFileSync(join(root, "a.txt"), "märz\n");
	writeFileSync(join(root, "a.gz"), gzipSync("märz\n"));
	expect(readText(join(root, "a.txt"))).toBe("märz\n");
	expect(readText(join(root, "a.gz"))).toBe("märz\n");
	writeFileSync(join(root, "a.json"), '{ "a": [1] }');
	expect(readJson(join(root, "a.json"))).toEqual({ a: [1] });
});

it("says what is wrong with a file", () => {
	writeFileSync(join(root, "latin"), Buffer.from("märz", "latin1"));
	writeFileSync(join(root, "cut.gz"), gzipSync("märz").subarray(0, 12));
	const read = (name: string, wanted?: string) => () => readText(join(root, name), wanted);
	expect(read("absent")).toThrow(UserError);
	expect(read("absent")).toThrow("absent: there is no such file.");
	expect(read("")).toThrow("this is a folder; give a file.");
	expect(read("", "a file of questions")).toThrow("this is a folder; give a file of questions.");
	expect(read("latin")).toThrow("this is not UTF-8 text.");
	expect(read("cut.gz")).toThrow("this is not a gzip file, or it is damaged (");
	writeFileSync(join(root, "bad.json"), "{\n");
	expect(() => readJson(join(root, "bad.json"))).toThrow(/bad\.json: this is not JSON \(.*\)\.$/u);
});
