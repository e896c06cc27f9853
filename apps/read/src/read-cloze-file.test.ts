import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UserError } from "@heed/command-line";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readClozeFile } from "./read-cloze-file.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-read-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (text: string | Uint8Array, name = "a.txt"): string => {
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
};
const first = "1 Mary went home .\n2 She took the Lamp .\n3 The XXXXX is there .\tLamp\t\tlamp|home|door\n";

it("reads stories, questions and candidates, plain and compressed", () => {
	const second = "\r\n1 So it ends .\r\n2 So it XXXXX .\tends\r\n";
	for (const path of [file(first + second), file(gzipSync(first + second), "a.txt.gz")]) {
		expect(readClozeFile(path)).toEqual([
			{
				story: ["Mary went home .", "She took the Lamp ."],
				query: "The XXXXX is there .",
				answer: "lamp",
				kind: "cloze",
				candidates: ["lamp", "home", "door"],
			},
			{ story: ["So it ends ."], query: "So it XXXXX .", answer: "ends", kind: "cloze" },
		]);
	}
});

it.each([
	["", "a.txt: the file is empty; expected a line of"],
	["Mary went home .\n", "a.txt:1: a line begins with a number and a space."],
	["1 Mary went home .\n3 She XXXXX .\ttook\n", "a.txt:2: this is line 3 of its story; expected 2."],
	["1 Mary went home .\n1 John .\n", "a.txt:2: a story begins before the one above has its question."],
	["1 Mary went home .\n", "a.txt: the last story has no question"],
	["1 The XXXXX .\tlamp\n", "a.txt:1: a question without a story."],
	["1 Mary went .\n2 The lamp .\tlamp\n", "a.txt:2: the question has no XXXXX."],
	["1 Mary went .\n2 The XXXXX .\t\t\ta|b\n", "a.txt:2: there is no answer; expected"],
	["1 Mary went .\n2 The XXXXX .\tlamp\t\ta|b\n", "a.txt:2: the answer is not among the candidates."],
])("refuses %j", (text, message) => {
	const path = file(text);
	expect(() => readClozeFile(path)).toThrow(UserError);
	expect(() => readClozeFile(path)).toThrow(message);
});

it("refuses what is no text, or is not there", () => {
	expect(() => readClozeFile(join(folder, "absent"))).toThrow("absent: there is no such file.");
	expect(() => readClozeFile(folder)).toThrow("this is a folder");
	expect(() => readClozeFile(file(Uint8Array.of(0xff, 0xfe)))).toThrow("this is not UTF-8 text.");
	expect(() => readClozeFile(file("1 a", "b.gz"))).toThrow("this is not a gzip file");
});
