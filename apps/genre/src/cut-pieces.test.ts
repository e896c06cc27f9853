import { describe, expect, it } from "vitest";
import { cutPieces } from "./cut-pieces.ts";

const sentence = (words: number): string[] => Array.from({ length: words }, (_, i) => `w${i}`);

describe("cutPieces", () => {
	it("makes as few pieces as can be, about equally long, and loses nothing", () => {
		const document = Array.from({ length: 17 }, (_, i) => [`s${i}`]);
		const pieces = cutPieces(document, { sentences: 5, maxWords: 9 });
		expect(pieces.map(({ length }) => length)).toEqual([4, 5, 4, 4]);
		expect(pieces.flat()).toEqual(document);
	});

	it("cuts a long sentence into several before it counts them", () => {
		const pieces = cutPieces([sentence(2), sentence(7)], { sentences: 3, maxWords: 3 });
		expect(pieces.map((piece) => piece.map(({ length }) => length))).toEqual([
			[2, 2],
			[3, 2],
		]);
		expect(pieces.flat(2)).toEqual([...sentence(2), ...sentence(7)]);
	});

	it("makes none of nothing", () => {
		expect(cutPieces([], { sentences: 3, maxWords: 3 })).toEqual([]);
		expect(cutPieces([[]], { sentences: 3, maxWords: 3 })).toEqual([]);
	});
});
