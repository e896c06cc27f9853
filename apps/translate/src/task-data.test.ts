import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@heed/command-line";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultsOf } from "./settings.ts";
import { taskData } from "./task-data.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-translate-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const pairsFile = (count: number): string => {
	const path = join(folder, `${count}.tsv`);
	writeFileSync(path, Array.from({ length: count }, (_, i) => `word ${i} here\tord ${i} där`).join("\n"));
	return path;
};

describe("the data of the date task", () => {
	const settings = { ...defaultsOf("dates").model, limit: 2000 };

	it("puts every date into one of three parts", () => {
		const { codec, train, validation, heldOut } = taskData(settings, undefined);
		expect(train.length + validation.length).toBe(2000);
		expect(heldOut).toHaveLength(200);
		const learned = new Set(train.map(({ target }) => codec.decodeTarget(target)));
		expect(validation.some(({ target }) => learned.has(codec.decodeTarget(target)))).toBe(false);
		expect(heldOut.some(({ target }) => learned.has(target))).toBe(false);
	});

	it("is the same every time, and refuses vocabularies of other data", () => {
		const data = taskData(settings, undefined);
		expect(taskData(settings, undefined, data.codec).train).toEqual(data.train);
		const other = taskData({ ...settings, limit: 100 }, undefined).codec;
		expect(() => taskData(settings, undefined, other)).toThrow("not what the checkpoint was trained on");
	});
});

describe("the data of sentence pairs", () => {
	const settings = { ...defaultsOf("pairs").model, minCount: 1 };

	it("leaves out long pairs of the training, never of the held-out ones", () => {
		const all = taskData(settings, pairsFile(300));
		expect(all.train[0]?.source).toHaveLength(4); // three words and eos
		expect(() => taskData({ ...settings, maxLength: 3 }, pairsFile(300))).toThrow(UserError);
		expect(() => taskData({ ...settings, maxLength: 3 }, pairsFile(300))).toThrow("within --max-length 3");
	});

	it("says when there are too few pairs", () => {
		expect(() => taskData(settings, pairsFile(12))).toThrow("too few");
	});
});
