import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Vocabulary } from "./vocabulary.ts";

const sequences = [
	["b", "a", "b"],
	["c", "é", "b", "a"],
];

describe("Vocabulary", () => {
	it("orders by count, then by code point, after the four special tokens", () => {
		const vocabulary = Vocabulary.fromTokens(sequences);
		expect(vocabulary.toJSON().tokens).toEqual(["b", "a", "c", "é"]);
		expect(vocabulary.size).toBe(8);
		expect(vocabulary.idOf("b")).toBe(4);
		expect([0, 1, 2, 3].map((id) => vocabulary.tokenOf(id))).toEqual(["<pad>", "<bos>", "<eos>", "<unk>"]);
	});

	it("orders by code point, not by UTF-16 unit", () => {
		expect(Vocabulary.fromTokens([["\u{1f600}", "\uff21"]]).toJSON().tokens).toEqual(["\uff21", "\u{1f600}"]);
	});

	it("leaves out rare tokens", () => {
		expect(Vocabulary.fromTokens(sequences, { minCount: 2 }).toJSON().tokens).toEqual(["b", "a"]);
		expect(Vocabulary.fromTokens(sequences, { maxSize: 5 }).toJSON().tokens).toEqual(["b"]);
	});

	it("encodes unknown tokens as unk, and never a text as another special id", () => {
		const vocabulary = Vocabulary.fromTokens(sequences);
		expect(vocabulary.encode(["b", "zebra", "<pad>", "<eos>"])).toEqual([4, 3, 3, 3]);
		expect(vocabulary.encode(["b"], { bos: true, eos: true })).toEqual([1, 4, 2]);
		expect(vocabulary.has("b")).toBe(true);
		expect(vocabulary.has("<pad>")).toBe(false);
		const literal = Vocabulary.fromTokens([["<pad>", "__proto__", "constructor"]]);
		expect(literal.encode(["<pad>", "__proto__", "constructor"]).every((id) => id >= 4)).toBe(true);
	});

	it("decodes up to eos", () => {
		const vocabulary = Vocabulary.fromTokens(sequences);
		expect(vocabulary.decode(Int32Array.of(1, 4, 3, 5, 2, 4, 0))).toEqual(["b", "<unk>", "a"]);
		expect(vocabulary.decode([])).toEqual([]);
	});

	it("round-trips known tokens, also through JSON", () => {
		fc.assert(
			fc.property(fc.array(fc.string({ minLength: 1 })), (tokens) => {
				const vocabulary = Vocabulary.fromTokens([tokens]);
				const copy = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
				expect(vocabulary.decode(vocabulary.encode(tokens, { bos: true, eos: true }))).toEqual(tokens);
				expect(copy.encode(tokens)).toEqual(vocabulary.encode(tokens));
			}),
			{ seed: 1, numRuns: 30 },
		);
	});

	it("refuses what is no vocabulary", () => {
		for (const json of [undefined, null, 3, {}, { version: 2, tokens: [] }, { version: 1, tokens: "a" }]) {
			expect(() => Vocabulary.fromJSON(json)).toThrow("Vocabulary.fromJSON: this is no vocabulary");
		}
		expect(() => Vocabulary.fromJSON({ version: 1, tokens: ["a", "a"] })).toThrow('token 5 is repeated: "a"');
		expect(() => Vocabulary.fromJSON({ version: 1, tokens: ["a", 7] })).toThrow("token 5 is not a text");
		expect(() => new Vocabulary([""])).toThrow("token 4 is not a text");
		expect(() => new Vocabulary([]).tokenOf(4)).toThrow("id is 4; expected a whole number from 0 to 3");
		expect(() => new Vocabulary([]).tokenOf(-1)).toThrow("id is -1");
		expect(() => Vocabulary.fromTokens([], { minCount: 0 })).toThrow("`minCount` is 0");
		expect(() => Vocabulary.fromTokens([], { maxSize: 4 })).toThrow("`maxSize` is 4");
		expect(() => Vocabulary.fromTokens([], { size: 9 } as object)).toThrow("unknown option `size`");
	});
});
