import { HeedError } from "@heed/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChrfOptions, chrf } from "./chrf.ts";

const cat = ["the cat sat on the mat"];
const mat = ["the cat is on the mat"];
const said = ["Tom has a dog.", "I know that, Mary!"];
const meant = ["Tom has a small dog.", "I know it, Mary!"];

describe("chrf", () => {
	// The scores are what sacreBLEU 2.6.0 gives.
	it.each<[string[], (string | string[])[], ChrfOptions, number]>([
		[cat, mat, {}, 64.5779420625287],
		[cat, mat, { wordOrder: 2 }, 66.36067072084818],
		[cat, mat, { whitespace: true }, 74.59371320248871],
		[cat, mat, { beta: 1, charOrder: 3 }, 79.09821667661633],
		[said, meant, {}, 53.26783270525032],
		[said, meant, { wordOrder: 2 }, 58.19952002739587],
		[
			said,
			["tom HAS a small dog.", "I know it, mary!"],
			{ wordOrder: 2, lowercase: true },
			58.19952002739587,
		],
		[
			['(hi) you, "quoted" x . \'tis', "a b"],
			[
				["(hi) you 'quoted' x. tis", "a (hi) b"],
				["a b c", "b a"],
			],
			{ wordOrder: 2 },
			53.43178709181614,
		],
		[
			["Är du 2-åring? 😀😀a", "Jag vet"],
			["Är han 2-åring? 😀a😀", ["Jag vet inte", "Vi vet"]],
			{ wordOrder: 1 },
			54.260835486863236,
		],
		[["ab"], ["abcdefgh"], {}, 23.404255319148938],
		[["abcdefgh"], ["ab"], {}, 55],
		[["x\u0085y\ufeffz"], ["xy z"], {}, 46.42857142857143],
		[[""], ["abc"], {}, 0],
		[["abc"], [""], {}, 0],
		[["xyz"], ["abc"], {}, 0],
	])("%j against %j, %j", (hypotheses, references, options, score) => {
		expect(chrf(hypotheses, references, options).score).toBeCloseTo(score, 10);
	});

	it("averages precision and recall over the orders, and counts recall β² times", () => {
		// ab against abc: order 1 has 2 of 2 and 2 of 3, order 2 has 1 of 1 and 1 of 2; no order 3. P = 1, R = 7/12.
		const expected = (beta: number): number => ((1 + beta ** 2) * (7 / 12)) / (beta ** 2 + 7 / 12);
		for (const beta of [0.5, 1, 2, 3]) {
			expect(chrf(["ab"], ["abc"], { beta }).score).toBeCloseTo(100 * expected(beta), 10);
		}
	});

	it("prints its settings as sacreBLEU does", () => {
		expect(chrf(cat, mat).signature).toBe("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no");
		const options = { wordOrder: 2, lowercase: true, whitespace: true, charOrder: 4, beta: 3 };
		expect(chrf(["a", "b"], ["a", ["b", "c"]], options).signature).toBe(
			"nrefs:var|case:lc|eff:yes|nc:4|nw:2|space:yes|beta:3",
		);
	});

	it("is 100 for the reference itself, and does not depend on the order of the sentences", () => {
		const sentence = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).map((text) => `${text}a`);
		const pairs = fc.array(fc.tuple(sentence, sentence), { minLength: 1, maxLength: 5 });
		const property = fc.property(pairs, (rows) => {
			const [hypotheses, references] = [rows.map(([h]) => h), rows.map(([, r]) => r)];
			expect(chrf(references, references).score).toBeCloseTo(100, 8);
			const { score } = chrf(hypotheses, references, { wordOrder: 1 });
			const turned = chrf([...hypotheses].reverse(), [...references].reverse(), { wordOrder: 1 });
			expect(turned.score).toBeCloseTo(score, 10);
			expect(score).toBeGreaterThanOrEqual(0);
			expect(score).toBeLessThanOrEqual(100 + 1e-9);
		});
		fc.assert(property, { seed: 1, numRuns: 40 });
	});

	it("refuses what it cannot count", () => {
		expect(() => chrf([], [])).toThrow("chrf: 0 hypotheses and 0 references came");
		expect(() => chrf(["a"], [[]])).toThrow("hypothesis 0 has no reference");
		expect(() => chrf(["a"], ["a"], { charOrder: 0 })).toThrow("`charOrder` is 0");
		expect(() => chrf(["a"], ["a"], { wordOrder: -1 })).toThrow("`wordOrder` is -1");
		expect(() => chrf(["a"], ["a"], { beta: 0 })).toThrow(
			"`beta` is 0; expected a finite number greater than 0",
		);
		expect(() => chrf(["a"], ["a"], { lowercase: 1 } as object)).toThrow("`lowercase` is 1");
		expect(() => chrf(["a"], ["a"], { whitespace: "no" } as object)).toThrow("`whitespace` is");
		expect(() => chrf(["a"], ["a"], { order: 3 } as object)).toThrow(HeedError);
	});
});
