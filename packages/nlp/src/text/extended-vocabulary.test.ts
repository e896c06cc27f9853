import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExtendedVocabulary } from "./extended-vocabulary.ts";
import { Vocabulary } from "./vocabulary.ts";

const vocabulary = new Vocabulary(["met", "and", "saw"]); // ids 4 5 6, size 7

describe("ExtendedVocabulary", () => {
	const extended = new ExtendedVocabulary(vocabulary, ["Zoë", "met", "Zoë", "and", "Ask"]);

	it("gives ids behind the vocabulary to the words of a source that it lacks", () => {
		expect(extended.words).toEqual(["Zoë", "Ask"]);
		expect(extended.copyIds).toEqual([7, 4, 7, 5, 8]);
	});

	it("writes and reads targets with them", () => {
		expect(extended.encode(["Ask", "saw", "Zoë", "Bo"], { bos: true, eos: true })).toEqual([
			1, 8, 6, 7, 3, 2,
		]);
		expect(extended.encode(["Ask"], { eos: true })).toEqual([8, 2]);
		expect(extended.decode(Int32Array.of(1, 8, 6, 7, 3, 2, 4))).toEqual(["Ask", "saw", "Zoë", "<unk>"]);
		expect(extended.decode([])).toEqual([]);
	});

	it("takes what looks like a special token as a word", () => {
		const odd = new ExtendedVocabulary(vocabulary, ["<eos>", "__proto__"]);
		expect(odd.copyIds).toEqual([7, 8]);
		expect(odd.decode(odd.copyIds)).toEqual(["<eos>", "__proto__"]);
	});

	it("gives every source back", () => {
		const token = fc.oneof(fc.constantFrom("met", "and", "Zoë"), fc.string({ minLength: 1 }));
		fc.assert(
			fc.property(fc.array(token), (tokens) => {
				const own = new ExtendedVocabulary(vocabulary, tokens);
				expect(own.decode(own.copyIds)).toEqual(tokens);
				expect(own.decode(own.encode(tokens, { bos: true, eos: true }))).toEqual(tokens);
			}),
			{ seed: 1, numRuns: 50 },
		);
	});

	it("refuses ids that mean nothing here", () => {
		expect(() => extended.decode([9])).toThrow(
			"ExtendedVocabulary.tokenOf: id is 9; expected a whole number from 0 to 8",
		);
		expect(() => extended.tokenOf(-1)).toThrow("id is -1");
		expect(() => extended.encode(["a"], { ends: true } as never)).toThrow("unknown option `ends`");
	});
});
