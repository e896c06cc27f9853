import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@heed/command-line";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultsOf } from "./settings.ts";
import { taskData } from "./task-data.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-read-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** In every seventh question the answer is not in the story. */
const clozeFile = (count: number): string => {
	const path = join(folder, `${count}.txt`);
	const lines = Array.from({ length: count }, (_, i) => {
		const answer = i % 7 === 0 ? "bird" : "cat";
		return `1 The cat has number ${i} .\n2 Number ${i} is of the XXXXX .\t${answer}\t\tcat|bird\n`;
	});
	writeFileSync(path, lines.join("\n"));
	return path;
};

describe("the data of made-up stories", () => {
	const settings = { ...defaultsOf("stories").model, limit: 600 };

	it("has three parts and longer stories, and a vocabulary that knows them all", () => {
		const { codec, train, validation, judged, left } = taskData(settings, undefined);
		expect(train.length + validation.length + (judged[0]?.questions.length ?? 0)).toBe(667);
		expect(left).toBe(0);
		expect(judged.map(({ name, questions }) => [name, questions.length > 20])).toEqual([
			["held-out stories", true],
			["longer stories", true],
		]);
		const words = judged.flatMap(({ questions }) =>
			questions.map((question) => codec.encodeAnswered(question)),
		);
		expect(words.some(({ document, answer }) => document.includes(3) || answer === 3)).toBe(false);
	});

	it("is the same every time", () => {
		expect(taskData(settings, undefined)).toEqual(taskData(settings, undefined));
	});

	it("says when there are too few", () => {
		expect(() => taskData({ ...settings, limit: 2 }, undefined)).toThrow(UserError);
		expect(() => taskData({ ...settings, limit: 2 }, undefined)).toThrow("too few questions");
	});
});

describe("the data of a file", () => {
	const settings = { ...defaultsOf("file").model, minCount: 1 };

	it("leaves out what cannot be learned, never what is judged", () => {
		const { train, validation, judged, left } = taskData(settings, clozeFile(210));
		const heldOut = judged[0]?.questions ?? [];
		expect(judged).toHaveLength(1);
		expect(left).toBeGreaterThan(15);
		expect(train.length + validation.length + left + heldOut.length).toBe(210);
		expect(left + heldOut.filter(({ answer }) => answer === "bird").length).toBe(30);
		expect(train.every(({ candidates }) => candidates?.length === 2)).toBe(true);
		expect(() => taskData({ ...settings, maxLength: 3 }, clozeFile(210))).toThrow("--max-length 3");
		expect(() => taskData(settings, clozeFile(2))).toThrow("too few to hold out a tenth");
	});
});
