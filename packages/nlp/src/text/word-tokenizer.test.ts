import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wordTokenizer } from "./word-tokenizer.ts";

const { tokenize, detokenize } = wordTokenizer();

describe("wordTokenizer", () => {
	it.each([
		["Tom's \"dog\", isn't it?", ["Tom's", '"￭', "dog", '￭"', "￭,", "isn't", "it", "￭?"]],
		["Vad?!", ["Vad", "￭?", "￭!"]],
		["En 3,000-årig (gammal) stad", ["En", "3", "￭,￭", "000-årig", "(￭", "gammal", "￭)", "stad"]],
		["-5 °C", ["-￭", "5", "°￭", "C"]],
		[" . ", ["."]],
		["", []],
	])("splits %s", (text, tokens) => {
		expect(tokenize(text)).toEqual(tokens);
	});

	it("gives a word the same token wherever it stands", () => {
		expect(tokenize("dog dog, (dog) dog!").filter((token) => token === "dog")).toHaveLength(4);
	});

	it("lower-cases when asked", () => {
		expect(wordTokenizer({ lowercase: true }).tokenize("Är DU?")).toEqual(["är", "du", "￭?"]);
	});

	it("gives the text back, up to spaces and composed letters", () => {
		const text = fc.string({
			unit: fc.constantFrom("a", "é", "1", " ", ".", ",", "'", "-", '"', "😀", "(", "字"),
		});
		fc.assert(
			fc.property(text, (value) => {
				expect(detokenize(tokenize(value))).toBe(value.trim().replace(/\s+/gu, " "));
			}),
			{ seed: 1, numRuns: 200 },
		);
	});

	it("replaces the joiner where a text contains it", () => {
		expect(detokenize(tokenize("a ￭ b"))).toBe("a ■ b");
	});

	it("refuses other options", () => {
		expect(() => wordTokenizer({ lower: true } as object)).toThrow("unknown option `lower`");
	});
});
