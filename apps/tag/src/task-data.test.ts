import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@heed/command-line";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultsOf } from "./settings.ts";
import { readSentences, taskData } from "./task-data.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-tag-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of so many different sentences of three words. */
function makeFile(name: string, count: number, tag = "B-A"): string {
	const path = join(folder, name);
	const sentences = Array.from({ length: count }, (_, i) => `word\tO\n${name}${i}\t${tag}\n.\tO\n`);
	writeFileSync(path, sentences.join("\n"));
	return path;
}

const settings = { ...defaultsOf("spans").model, minCount: 1 };

describe("the sentences of a task", () => {
	it("are held out by a hash where no file is given for them, the same ones every time", () => {
		const data = makeFile("a", 400);
		const { task, train, dev, test } = readSentences({ data });
		expect(task).toBe("spans");
		expect(train.length + dev.length + test.length).toBe(400);
		expect(test.length).toBeGreaterThan(20);
		expect(dev.length).toBeGreaterThan(8);
		const second = [train, dev, test].map((side) => side.map(({ words }) => words[1]));
		expect(new Set(second.flat()).size).toBe(400);
		expect(readSentences({ data })).toEqual({ task, train, dev, test });
	});

	it("come from the files that are given", () => {
		const files = { data: makeFile("b", 30), dev: makeFile("c", 2), test: makeFile("d", 3) };
		const { train, dev, test } = readSentences(files);
		expect([train.length, dev.length, test.length]).toEqual([30, 2, 3]);
		expect(() => readSentences({ dev: files.dev })).toThrow("--dev and --test go with --data");
	});

	it("are words where the tags are no spans", () => {
		expect(readSentences({ data: makeFile("e", 30, "NOUN") }).task).toBe("words");
		expect(readSentences({ data: makeFile("f", 30, "O") }).task).toBe("words");
	});
});

describe("the ids of sentences", () => {
	it("leave out long sentences of the training, never of the held-out ones", () => {
		const files = readSentences({ data: makeFile("g", 300) });
		const all = taskData(settings, files);
		expect(all.train).toHaveLength(files.train.length);
		expect(all.train[0]).toMatchObject({ tags: [0, 1, 0] });
		expect(all.train[0]?.affixes).toHaveLength(3);
		expect(() => taskData({ ...settings, maxLength: 2 }, files)).toThrow(UserError);
		expect(() => taskData({ ...settings, maxLength: 2 }, files)).toThrow("within --max-length 2; raise it");
	});

	it("leave a sentence with an unknown tag out of the validation, and judge it all the same", () => {
		const files = { data: makeFile("h", 40), dev: makeFile("i", 5), test: makeFile("j", 4, "B-B") };
		const sentences = readSentences(files);
		const odd = { words: ["x"], tags: ["B-C"] };
		const data = taskData(settings, { ...sentences, dev: [...sentences.dev, odd] });
		expect([data.dev.length, data.devSentences.length, data.heldOut.length]).toEqual([5, 6, 4]);
	});

	it("are as many as the limit, spread evenly, and the same every time", () => {
		const files = readSentences({ data: makeFile("k", 300) });
		const data = taskData({ ...settings, limit: 10 }, files);
		expect(data.train).toHaveLength(10);
		expect(taskData({ ...settings, limit: 10 }, files).train).toEqual(data.train);
	});

	it("need some sentences", () => {
		expect(() => taskData(settings, readSentences({ data: makeFile("l", 2) }))).toThrow("too few sentences");
	});
});
