import { HeedError } from "@heed/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spanF1, tagSpans } from "./span-f1.ts";

const spansOf = (tags: string): string =>
	tagSpans(tags.split(" "))
		.map(({ type, start, end }) => `${type || "?"} ${start}-${end}`)
		.join(", ");

describe("tagSpans", () => {
	// What conlleval counts as a chunk, by its rules endOfChunk and startOfChunk; BIOES and BILOU as seqeval reads them.
	it.each([
		["BIO", "O B-PER I-PER O B-LOC", "PER 1-3, LOC 4-5"],
		["two spans side by side", "B-PER B-PER I-PER", "PER 0-1, PER 1-3"],
		["another type begins", "B-PER I-LOC I-LOC", "PER 0-1, LOC 1-3"],
		["I without B begins", "O I-PER I-PER O I-LOC", "PER 1-3, LOC 4-5"],
		["IOB1: B only between equal types", "I-PER I-PER B-PER I-LOC", "PER 0-2, PER 2-3, LOC 3-4"],
		["BIOES", "B-PER I-PER E-PER S-LOC O", "PER 0-3, LOC 3-4"],
		["BIOES, E ends", "B-PER E-PER I-PER E-PER", "PER 0-2, PER 2-4"],
		["E alone", "O E-PER E-PER", "PER 1-2, PER 2-3"],
		["S then I", "S-PER I-PER", "PER 0-1, PER 1-2"],
		["BILOU", "U-LOC B-PER L-PER", "LOC 0-1, PER 1-3"],
		["types with a hyphen", "B-creative-work I-creative-work", "creative-work 0-2"],
		["no type", "B I O I", "? 0-2, ? 3-4"],
		["to the end", "O B-PER", "PER 1-2"],
	])("%s", (_, tags, spans) => {
		expect(spansOf(tags)).toBe(spans);
	});

	it.each(["NOUN", ".", "X-PER", "b-PER", "B_PER", "", "<unk>"])(
		"refuses %j, which is no tag of spans",
		(tag) => {
			const expected = `[1] is ${JSON.stringify(tag)}; expected O, or B, I, E, S, L or U and a type, such as B-PER.`;
			expect(() => tagSpans(["O", tag])).toThrow(`tagSpans: tags${expected}`);
			expect(() => tagSpans(["O", tag])).toThrow(HeedError);
			expect(() => spanF1([["O"], ["O", tag]], [["O"], ["O", "O"]])).toThrow(
				`spanF1: predicted[1]${expected}`,
			);
			expect(() => spanF1([["O", "O"]], [["O", tag]])).toThrow(`spanF1: gold[0]${expected}`);
		},
	);

	it("gives none for no tags", () => {
		expect(tagSpans([])).toEqual([]);
	});
});

describe("spanF1", () => {
	it("is what seqeval's README says of its example", () => {
		const gold = ["O O O B-MISC I-MISC I-MISC O", "B-PER I-PER O"].map((tags) => tags.split(" "));
		const predicted = ["O O B-MISC I-MISC I-MISC I-MISC O", "B-PER I-PER O"].map((tags) => tags.split(" "));
		const score = spanF1(predicted, gold);
		expect(score).toMatchObject({ correct: 1, predicted: 2, gold: 2, precision: 0.5, recall: 0.5, f1: 0.5 });
		expect([...score.types]).toEqual([
			["MISC", { correct: 0, predicted: 1, gold: 1, precision: 0, recall: 0, f1: 0 }],
			["PER", { correct: 1, predicted: 1, gold: 1, precision: 1, recall: 1, f1: 1 }],
		]);
	});

	it("counts all sentences together, exact in both ends and in type", () => {
		const gold = [["B-A", "I-A", "O"], ["B-B", "O", "B-A"], ["O"]];
		const predicted = [["B-A", "O", "O"], ["B-A", "O", "B-A"], ["B-A"]];
		const score = spanF1(predicted, gold);
		expect(score).toMatchObject({ correct: 1, predicted: 4, gold: 3 });
		expect(score.f1).toBeCloseTo(2 / 7, 12);
		expect(score.types.get("A")).toMatchObject({
			correct: 1,
			predicted: 4,
			gold: 2,
			precision: 1 / 4,
			recall: 1 / 2,
		});
		expect(score.types.get("B")).toMatchObject({ correct: 0, predicted: 0, gold: 1, precision: 0, f1: 0 });
	});

	it("is 1 for any tags against themselves, and changes sides with precision and recall", () => {
		const tag = fc.constantFrom("O", "B-A", "I-A", "E-A", "S-A", "B-B", "I-B");
		const sentences = fc.array(fc.array(fc.tuple(tag, tag), { maxLength: 9 }), {
			minLength: 1,
			maxLength: 5,
		});
		fc.assert(
			fc.property(sentences, (pairs) => {
				const [a, b] = [0, 1].map((side) => pairs.map((row) => row.map((both) => both[side] as string)));
				const [there, back, self] = [
					spanF1(a ?? [], b ?? []),
					spanF1(b ?? [], a ?? []),
					spanF1(a ?? [], a ?? []),
				];
				expect(there.f1).toBe(back.f1);
				expect(there.precision).toBe(back.recall);
				expect(self.f1).toBe(self.gold === 0 ? 0 : 1);
			}),
		);
	});

	it("refuses what cannot be compared", () => {
		expect(() => spanF1([], [])).toThrow(HeedError);
		expect(() => spanF1([["O"]], [["O"], ["O"]])).toThrow("1 predicted and 2 gold sentences came");
		expect(() => spanF1([["O"], ["O"]], [["O"], ["O", "O"]])).toThrow(
			"sentence 1 has 1 predicted and 2 gold tags",
		);
	});
});
