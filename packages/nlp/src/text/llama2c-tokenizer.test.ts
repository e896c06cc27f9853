import { readFileSync } from "node:fs";
import { sharedPath } from "@heed/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Llama2cTokenizer, type Llama2cVocabulary } from "./llama2c-tokenizer.ts";

const hex = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
const bytes = Array.from({ length: 256 }, (_, byte) => hex(byte));
/** A small vocabulary: the special ids, the bytes, and these pieces with their scores. */
function vocabularyOf(pieces: Readonly<Record<string, number>>): Llama2cVocabulary {
	return {
		vocab: ["<unk>", "\n<s>\n", "\n</s>\n", ...bytes, ...Object.keys(pieces)],
		scores: [0, 0, 0, ...bytes.map(() => 0), ...Object.values(pieces)],
	};
}
const small = vocabularyOf({
	" ": -9,
	a: -9,
	b: -9,
	ab: -1,
	ba: -1,
	aba: -3,
	" a": -2,
	"<": -9,
	s: -9,
	">": -9,
});

/** The layout of a `tokenizer.bin`. */
function toBinary({ vocab, scores }: Llama2cVocabulary): Uint8Array {
	const parts = vocab.map((piece, id) => {
		const text = Buffer.from(piece);
		const head = Buffer.alloc(8);
		head.writeFloatLE(scores[id] ?? 0, 0);
		head.writeInt32LE(text.length, 4);
		return Buffer.concat([head, text]);
	});
	return Buffer.concat([Buffer.from([7, 0, 0, 0]), ...parts]);
}

describe("Llama2cTokenizer", () => {
	const tokenizer = new Llama2cTokenizer(small);
	const pieces = (text: string): (string | undefined)[] =>
		tokenizer.encode(text, { bos: false }).map((id) => small.vocab[id]);

	it("merges the best pair first, of equal ones the leftmost", () => {
		// " aba": "ab" and "ba" are equally good, so "ab" comes first; then "ab" and "a" make "aba", but " " and "ab" nothing.
		expect(pieces("aba")).toEqual([" ", "aba"]);
		// "b" "ab": the first pair is "ba".
		expect(pieces("bab")).toEqual([" ", "ba", "b"]);
		expect(pieces("a")).toEqual([" a"]);
	});

	it("says what has no piece in bytes, and marks the ends when asked", () => {
		expect(tokenizer.encode("é")).toEqual([1, 259, 0xc3 + 3, 0xa9 + 3]);
		expect(tokenizer.encode("", { eos: true })).toEqual([1, 2]);
		expect(tokenizer.encode("", { bos: false })).toEqual([]);
		expect(tokenizer.decode([1, 259, 0xc3 + 3, 0xa9 + 3, 2])).toBe("é");
		expect(tokenizer.decode([0xc3 + 3])).toBe("\ufffd");
	});

	it("drops the space at the beginning of a text alone", () => {
		expect(tokenizer.decode([1, 265, 265])).toBe("a a");
		expect(tokenizer.decode([265, 265])).toBe(" a a");
	});

	it("makes no text a special id", () => {
		for (const text of ["<s>", "\n<s>\n", "<unk>", "<0x41>"]) {
			const ids = tokenizer.encode(text, { bos: false });
			expect(ids.every((id) => id > 2)).toBe(true);
			expect(tokenizer.decode([1, ...ids])).toBe(text);
		}
	});

	it("gives every text back", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (text) => {
				expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
			}),
			{ seed: 1, numRuns: 100 },
		);
	});

	it("reads the binary file as the same vocabulary, at any place in memory", () => {
		const file = toBinary(small);
		const shifted = new Uint8Array(file.length + 3);
		shifted.set(file, 3);
		for (const buffer of [file, shifted.subarray(3), Uint8Array.from(file).buffer]) {
			const read = Llama2cTokenizer.fromBinary(buffer);
			expect(read.size).toBe(small.vocab.length);
			expect(read.encode("abab<s> é")).toEqual(tokenizer.encode("abab<s> é"));
		}
	});

	it("refuses files and vocabularies that are none", () => {
		const file = toBinary(small);
		expect(() => Llama2cTokenizer.fromBinary(file.subarray(0, -1))).toThrow(
			/the file ends at byte \d+, within piece 268/,
		);
		expect(() => Llama2cTokenizer.fromBinary(file.subarray(0, 3))).toThrow("within piece 0");
		expect(() => Llama2cTokenizer.fromBinary(file.subarray(0, 900))).toThrow(/within piece|has \d+ pieces/);
		expect(() => Llama2cTokenizer.fromBinary("x" as never)).toThrow("`buffer` is x");
		expect(() => new Llama2cTokenizer({ vocab: ["a"], scores: [0] })).toThrow(
			"has 1 pieces; expected at least 259",
		);
		expect(() => new Llama2cTokenizer({ vocab: small.vocab } as never)).toThrow("this is no vocabulary");
		expect(() => new Llama2cTokenizer(null as never)).toThrow("this is no vocabulary");
		const scores = [...small.scores];
		scores[260] = Number.NaN;
		expect(() => new Llama2cTokenizer({ ...small, scores })).toThrow('piece 260 is "a" with the score NaN');
		expect(() => tokenizer.decode([1, 999])).toThrow("ids[1] is 999; expected a whole number from 0 to 268");
		expect(() => tokenizer.encode("a", { bos: 1 } as never)).toThrow("`bos` is 1");
	});
});

const folder = sharedPath("data", "stories260k");
describe.skipIf(folder === undefined)("the tokenizer of stories260K", () => {
	const read = (name: string): Buffer => readFileSync(`${folder}/${name}`);
	const load = (): [Llama2cTokenizer, Llama2cTokenizer] => [
		Llama2cTokenizer.fromBinary(read("tok512.bin")),
		new Llama2cTokenizer(JSON.parse(read("tokenizer.json").toString()) as Llama2cVocabulary),
	];

	it("encodes and decodes as the reference, from either file", () => {
		const { encode, ids_greedy_200: ids } = JSON.parse(read("reference.json").toString()) as {
			encode: Record<string, number[]>;
			ids_greedy_200: number[];
		};
		const text = read("expected-greedy-200.txt").toString().slice(0, -1);
		for (const tokenizer of load()) {
			expect(tokenizer.size).toBe(512);
			for (const [input, expected] of Object.entries(encode))
				expect(tokenizer.encode(input)).toEqual(expected);
			expect(tokenizer.decode(ids)).toBe(text);
			expect(tokenizer.encode(text.slice(0, 60)).slice(0, 16)).toEqual(ids.slice(0, 16));
			expect(tokenizer.decode(tokenizer.encode("Zoë saw 1 ☺."))).toBe("Zoë saw 1 ☺.");
		}
	});
});
