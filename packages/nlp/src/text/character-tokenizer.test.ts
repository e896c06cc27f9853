import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { characterTokenizer } from "./character-tokenizer.ts";

describe("characterTokenizer", () => {
	it("gives one token per code point, spaces included", () => {
		expect(characterTokenizer().tokenize("1 märz 😀")).toEqual([..."1 märz 😀"]);
	});

	it("composes letters, and keeps together what is read as one with graphemes", () => {
		expect(characterTokenizer().tokenize("e\u0301")).toEqual(["é"]);
		expect(characterTokenizer({ unit: "grapheme" }).tokenize("क्षि👩‍🚀a")).toHaveLength(3);
	});

	it("lower-cases when asked", () => {
		expect(characterTokenizer({ lowercase: true }).tokenize("ÅB")).toEqual(["å", "b"]);
	});

	it("gives the composed text back", () => {
		const text = fc.string({ unit: "grapheme" });
		for (const unit of ["codePoint", "grapheme"] as const) {
			const tokenizer = characterTokenizer({ unit });
			fc.assert(
				fc.property(text, (value) => {
					expect(tokenizer.detokenize(tokenizer.tokenize(value))).toBe(value.normalize("NFC"));
				}),
				{ seed: 1, numRuns: 30 },
			);
		}
	});

	it("refuses other units and options", () => {
		expect(() => characterTokenizer({ unit: "byte" as "grapheme" })).toThrow(
			"expected 'codePoint', 'grapheme'",
		);
		expect(() => characterTokenizer({ lower: true } as object)).toThrow("unknown option `lower`");
	});
});
