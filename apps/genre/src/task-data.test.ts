import { UserError } from "@heed/command-line";
import { describe, expect, it } from "vitest";
import type { LabelledDocument } from "./document.ts";
import { defaultsOf } from "./settings.ts";
import { taskData } from "./task-data.ts";

const settings = { ...defaultsOf("file").model, minDocuments: 1, sentences: 2, maxWords: 3 };

/** Documents of five sentences, of which each has a word that only it has. */
function makeDocuments(count: number, labels = 3): LabelledDocument[] {
	return Array.from({ length: count }, (_, i) => ({
		id: `d${i}`,
		key: `d${i}`,
		label: `l${i % labels}`,
		sentences: Array.from({ length: 5 }, () => [
			"all",
			`only${String.fromCharCode(97 + (i % 26), 97 + ((i / 26) | 0))}`,
		]),
	}));
}

describe("taskData", () => {
	const documents = makeDocuments(200);

	it("puts all pieces of a document on one side", () => {
		const { codec, train, validation, heldOut } = taskData(settings, documents);
		const sides = [train, validation, codec && heldOut].map((pieces) => pieces.length / 3);
		expect(sides.reduce((sum, count) => sum + count, 0)).toBe(200); // three pieces of each
		for (const count of sides) expect(Number.isInteger(count)).toBe(true);
		expect(sides[2]).toBeGreaterThan(25); // a fifth
		expect(sides[2]).toBeLessThan(55);
		// No word of the other sides was learned: each belongs to one document.
		const unknown = (sentences: string[][]): boolean => codec.encode(sentences).flat().includes(3);
		expect(heldOut.every(({ sentences }) => unknown(sentences as string[][]))).toBe(true);
		expect(validation.every(({ sentences }) => sentences.flat().includes(3))).toBe(true);
		expect(train.some(({ sentences }) => sentences.flat().includes(3))).toBe(false);
	});

	it("is the same every time, and holds the same documents out where others are added", () => {
		const data = taskData(settings, documents);
		expect(taskData(settings, documents).train).toEqual(data.train);
		const held = new Set(data.heldOut.map(({ document }) => document));
		const more = taskData(settings, makeDocuments(250)).heldOut.filter(
			({ document }) => Number(document.slice(1)) < 200,
		);
		expect(new Set(more.map(({ document }) => document))).toEqual(held);
	});

	it("takes every n-th document where there is a limit", () => {
		const { train, validation, heldOut } = taskData({ ...settings, limit: 100 }, documents);
		expect(train.length + validation.length + heldOut.length).toBe(300);
	});

	it("says when there are too few documents or labels", () => {
		expect(() => taskData(settings, makeDocuments(2))).toThrow(UserError);
		expect(() => taskData(settings, makeDocuments(2))).toThrow("too few documents");
		expect(() => taskData(settings, makeDocuments(200, 1))).toThrow("all documents are labelled l0");
	});
});
