import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@heed/command-line";
import { Vocabulary } from "@heed/nlp";
import { sharedPath } from "@heed/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { learnCodec } from "./codec.ts";
import { encodeGold, readGold } from "./read-gold.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-translate-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
};
const sentences = (): string => write("text", "the dog ,  sleeps ||| hunden sover \nyes ||| ja  \n");

describe("readGold", () => {
	it("reads sentences with their links, in both directions and from both first numbers", () => {
		const files = { alignments: write("links", "1-1 2-1 4p2\n1-1\n"), alignData: sentences(), alignFrom: 1 };
		const [first, second] = readGold(files, "pairs") ?? [];
		expect(first).toEqual({
			source: ["the", "dog", ",", "sleeps"],
			target: ["hunden", "sover"],
			sure: [
				[0, 0],
				[1, 0],
			],
			possible: [
				[0, 0],
				[1, 0],
				[3, 1],
			],
		});
		expect(second?.target).toEqual(["ja"]);
		const turned = readGold({ ...files, reverse: true }, "pairs")?.[0];
		expect(turned?.source).toEqual(["hunden", "sover"]);
		expect(turned?.possible).toEqual([
			[0, 0],
			[0, 1],
			[1, 3],
		]);
		const fromZero = { alignments: write("zero", "0-0\n\n"), alignData: sentences() };
		expect(readGold(fromZero, "pairs")?.map(({ sure }) => sure)).toEqual([[[0, 0]], []]);
		expect(readGold({}, "pairs")).toBeUndefined();
	});

	it("tells of links beyond their sentences, as those counted from 1 are when they are read from 0", () => {
		const told = vi.spyOn(console, "error").mockImplementation(() => {});
		const files = { alignments: write("beyond", "1-1 4p2\n1-1\n"), alignData: sentences() };
		readGold({ ...files, alignFrom: 1 }, "pairs");
		expect(told).not.toHaveBeenCalled();
		expect(readGold(files, "pairs")?.[1]?.sure).toEqual([[1, 1]]);
		readGold({ ...files, alignFrom: 1, alignments: write("far", "1-1\n2p1\n"), reverse: true }, "pairs");
		const [first, second] = told.mock.calls.map(String);
		told.mockRestore();
		expect(first).toMatch(
			/beyond: 2 of 3 links lead beyond their sentences, first in line 1; .*--align-from 1/,
		);
		expect(second).toMatch(
			/far: 1 of 2 links lead beyond their sentences, first in line 2; nobody can find them.$/,
		);
	});

	it.each<[string, () => object, "dates" | "pairs", string]>([
		["one file alone", () => ({ alignments: "a" }), "pairs", "--align-data (the sentences) is missing"],
		["the other alone", () => ({ alignData: "a" }), "pairs", "--alignments (links) is missing"],
		["a number alone", () => ({ alignFrom: 1 }), "pairs", "--align-from needs --alignments"],
		["files for dates", () => ({ alignments: "a", alignData: "b" }), "dates", "go with --data"],
		[
			"different numbers of lines",
			() => ({ alignments: write("few", "0-0\n"), alignData: sentences() }),
			"pairs",
			"has 1 lines and",
		],
		[
			"what is no link",
			() => ({ alignments: write("bad", "0-0\n0:0\n"), alignData: sentences() }),
			"pairs",
			'line 2 has "0:0"',
		],
		[
			"a line with one side",
			() => ({ alignments: write("one", "0-0\n"), alignData: write("side", "only\n") }),
			"pairs",
			"side:1: expected `source ||| target`",
		],
	])("refuses %s", (_, files, task, message) => {
		expect(() => readGold(files(), task)).toThrow(UserError);
		expect(() => readGold(files(), task)).toThrow(message);
	});
});

const shared = sharedPath("data", "alignments-gold");

describe.skipIf(shared === undefined)("alignments that people made", () => {
	// Sentences, sure links, and links that are possible only, as the data's README has them.
	it.each([
		["enfr", 447, 4038, 13400],
		["roen", 248, 6198, 0],
		["jaen", 582, 13562, 0],
		["zhen", 450, 11238, 178],
	])("%s", (name, count, sure, possible) => {
		const path = join(shared ?? "", name);
		const files = { alignments: `${path}.gold`, alignData: `${path}.src-tgt`, alignFrom: 1 };
		const gold = readGold(files, "pairs") ?? [];
		expect(gold).toHaveLength(count);
		expect(gold.flatMap((sentence) => sentence.sure)).toHaveLength(sure);
		expect(gold.flatMap((sentence) => sentence.possible)).toHaveLength(sure + possible);
		const codec = learnCodec(
			"pairs",
			gold.map(({ source, target }) => ({ source: source.join(" "), target: target.join(" ") })),
			1,
		);
		for (const [i, pair] of encodeGold(codec, gold, false).entries()) {
			const { source = [], target = [] } = gold[i] ?? {};
			expect(new Set(pair.sourceTokens)).toEqual(new Set(source.keys()));
			expect(new Set(pair.targetTokens)).toEqual(new Set(target.keys()));
			expect(pair.source).not.toContain(Vocabulary.unk);
		}
	});
});

describe("encodeGold", () => {
	const codec = learnCodec("pairs", [{ source: "The dog, it's here.", target: "Hunden, den är här." }], 1);
	const gold = [
		{
			source: ["The", "dog", ",", "it's-it", "Zoë", "."],
			target: ["Hunden", "a.b", "Zoë"],
			sure: [],
			possible: [],
		},
	];

	it("takes the form of a mark that is known, and numbers the pieces of a token", () => {
		const [pair] = encodeGold(codec, gold, false);
		const text = (ids: readonly number[] = []): string => codec.source.decode(ids).join(" ");
		expect(text(pair?.source)).toBe("the dog ￭, <unk> <unk> ￭.");
		expect(pair?.source.at(-1)).toBe(Vocabulary.eos);
		expect(pair?.sourceTokens).toEqual([0, 1, 2, 3, 4, 5]);
		expect(pair?.targetTokens).toEqual([0, 1, 1, 1, 2]); // a ￭.￭ b
		expect(pair?.target).toHaveLength(7);
		expect(pair?.copies).toBeUndefined();
	});

	it("gives a model that copies the words of the source", () => {
		const [pair] = encodeGold(codec, gold, true);
		expect(pair?.copies?.copyIds).toHaveLength(7);
		expect(pair?.copies?.words).toContain("Zoë");
		expect(pair?.target.at(-2)).toBe(pair?.copies?.copyIds[4]);
	});
});
