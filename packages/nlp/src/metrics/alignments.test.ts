import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HeedError } from "@heed/core";
import { sharedPath } from "@heed/testing";
import { describe, expect, it } from "vitest";
import { alignmentErrorRate } from "./alignment-error-rate.ts";
import { alignmentFromAttention } from "./alignment-from-attention.ts";
import { readAlignments } from "./read-alignments.ts";

const folder = sharedPath("data", "alignments-gold");
const read = (name: string): string => (folder ? readFileSync(join(folder, name), "utf8") : "");

describe.skipIf(folder === undefined)("alignments that people made", () => {
	// Sentences, sure links, links that are possible only, and AER in per cent, as the data's README has them.
	it.each([
		["enfr", 447, 4038, 13400, 4.07],
		["roen", 248, 6198, 0, 20.75],
		["jaen", 582, 13562, 0, 37.36],
		["zhen", 450, 11238, 178, 13.31],
	])("%s: the error rate of awesome-align", (pair, sentences, sure, possible, percent) => {
		const gold = readAlignments(read(`${pair}.gold`), { countFrom: 1 });
		const predicted = readAlignments(read(`${pair}.awesome-align.out`)).sure;
		expect([gold.sure.length, gold.possible.length, predicted.length]).toEqual([
			sentences,
			sentences,
			sentences,
		]);
		expect(gold.sure.flat()).toHaveLength(sure);
		expect(gold.possible.flat()).toHaveLength(sure + possible);
		const { errorRate, precision, recall } = alignmentErrorRate(predicted, gold);
		expect(100 * errorRate).toBeCloseTo(percent, 2);
		console.info(`${pair}: AER ${errorRate}, precision ${precision}, recall ${recall}`);
	});
});

describe("alignmentErrorRate", () => {
	const gold = {
		sure: [[[0, 0]], [[1, 1]]],
		possible: [[[2, 1]], [[1, 1]]],
	} as const;

	it("counts sure and possible links over the corpus", () => {
		// A = 3 links: one sure, one possible only, one wrong. S = 2, of which 1 is hit; P = 3, of which 2 are.
		// AER = 1 − (1 + 2) / (3 + 2) = 0.4, though the possible list of the first sentence does not repeat its sure link.
		const { errorRate, precision, recall } = alignmentErrorRate(
			[
				[
					[0, 0],
					[2, 1],
				],
				[[0, 1]],
			],
			gold,
		);
		expect(errorRate).toBeCloseTo(0.4, 12);
		expect(precision).toBeCloseTo(2 / 3, 12);
		expect(recall).toBeCloseTo(1 / 2, 12);
	});

	it("counts a link once, in its own sentence and direction", () => {
		const once = alignmentErrorRate([[[0, 0]], []], gold);
		expect(
			alignmentErrorRate(
				[
					[
						[0, 0],
						[0, 0],
					],
					[],
				],
				gold,
			),
		).toEqual(once);
		expect(alignmentErrorRate([[], [[0, 0]]], gold).precision).toBe(0);
		expect(alignmentErrorRate([[[1, 2]], []], gold).precision).toBe(0);
	});

	it("is 0 for the sure links, also with possible ones beside them, and 1 for none", () => {
		expect(alignmentErrorRate(gold.sure, gold)).toEqual({ errorRate: 0, precision: 1, recall: 1 });
		expect(
			alignmentErrorRate(
				[
					[
						[0, 0],
						[2, 1],
					],
					[[1, 1]],
				],
				gold,
			).errorRate,
		).toBe(0);
		expect(alignmentErrorRate([[], []], gold)).toEqual({ errorRate: 1, precision: 0, recall: 0 });
		const unsure = alignmentErrorRate([[[0, 0]]], { sure: [[]], possible: [[[0, 0]]] });
		expect(unsure).toEqual({ errorRate: 0, precision: 1, recall: 0 });
	});

	it("refuses what it cannot count", () => {
		expect(() => alignmentErrorRate([[]], gold)).toThrow(
			"predicted, sure and possible have 1, 2, 2 sentences",
		);
		expect(() => alignmentErrorRate([], { sure: [], possible: [] })).toThrow("at least one");
		expect(() => alignmentErrorRate([[]], { sure: [[]], possible: [[]] })).toThrow("no link is predicted");
		const wrong: [string, unknown[]][] = [
			["`gold.sure` is undefined; expected an array with the links of each sentence", [[], []]],
			["`gold.sure` is undefined", [[]]],
			["`gold.possible` is undefined", [[], { sure: [] }]],
			["`predicted` is null", [null, gold]],
		];
		for (const [message, given] of wrong) {
			const call = (): unknown => (alignmentErrorRate as (...all: unknown[]) => unknown)(...given);
			expect(call).toThrow(`alignmentErrorRate: ${message}`);
			expect(call).toThrow(HeedError);
		}
	});
});

describe("readAlignments", () => {
	it("reads sure and possible links, and keeps empty lines", () => {
		const expected = {
			sure: [[[0, 1]], [], [[10, 11]]],
			possible: [
				[
					[0, 1],
					[2, 0],
				],
				[],
				[[10, 11]],
			],
		};
		expect(readAlignments("0-1 2p0 \n\n10-11\n")).toEqual(expected);
		expect(readAlignments("1-2\t3p1\r\n\r\n 11-12", { countFrom: 1 })).toEqual(expected);
		expect(readAlignments("")).toEqual({ sure: [], possible: [] });
		expect(readAlignments("\n")).toEqual({ sure: [[]], possible: [[]] });
	});

	it("refuses what is no link, with its line", () => {
		expect(() => readAlignments("0-0\n1-1 3~4")).toThrow(
			'line 2 has "3~4"; expected links such as 3-1 or 3p1',
		);
		expect(() => readAlignments("0-0 1-", {})).toThrow('line 1 has "1-"');
		expect(() => readAlignments("1-0", { countFrom: 1 })).toThrow("counted from 1");
		expect(() => readAlignments("0-0", { countFrom: 2 as 1 })).toThrow("`countFrom` is 2");
		expect(() => readAlignments("0-0", { base: 1 } as object)).toThrow(HeedError);
	});
});

describe("alignmentFromAttention", () => {
	// biome-ignore format: a table
	const weights = [0.1, 0.2, 0.7,  0.4, 0.4, 0.2,  0, 0, 0,  Number.NaN, 0.3, 0.1,  0, 0.1, 0.9];

	it("links each target token with where it looks most", () => {
		const links = [
			[2, 0],
			[0, 1],
			[1, 3],
			[2, 4],
		];
		expect(alignmentFromAttention(Float32Array.from(weights), [5, 3])).toEqual(links);
	});

	it("leaves the ends out", () => {
		expect(alignmentFromAttention(weights, [5, 3], { targetLength: 4, sourceLength: 2 })).toEqual([
			[1, 0],
			[0, 1],
			[1, 3],
		]);
		expect(alignmentFromAttention(weights, [5, 3], { targetLength: 0 })).toEqual([]);
		expect(alignmentFromAttention(weights, [5, 3], { sourceLength: 0 })).toEqual([]);
	});

	it("refuses what does not fit", () => {
		expect(() => alignmentFromAttention(weights, [5, 4])).toThrow(
			"15 weights came for the shape [target 5, source 4]; expected 20",
		);
		expect(() => alignmentFromAttention(weights, [5, 3], { targetLength: 6 })).toThrow("`targetLength` is 6");
		expect(() => alignmentFromAttention(weights, [5, 3], { sourceLength: -1 })).toThrow(
			"`sourceLength` is -1",
		);
		expect(() => alignmentFromAttention(weights, [5, 3], { eos: 1 } as object)).toThrow(HeedError);
		const wrong: [string, unknown[]][] = [
			["`shape` is undefined; expected [target tokens, source positions]", [weights]],
			["`shape` is [15]", [weights, [15]]],
			["`weights` is undefined; expected an array of numbers", []],
		];
		for (const [message, given] of wrong) {
			const call = (): unknown => (alignmentFromAttention as (...all: unknown[]) => unknown)(...given);
			expect(call).toThrow(`alignmentFromAttention: ${message}`);
			expect(call).toThrow(HeedError);
		}
	});
});
