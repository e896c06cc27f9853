import { HeedError } from "@heed/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bleu } from "./bleu.ts";

describe("bleu", () => {
	it("smooths an order without a match", () => {
		const result = bleu(["the cat sat on the mat"], ["the cat is on the mat"]);
		// n = 1: 5 of 6 (the, cat, on, the, mat); 2: 3 of 5 (the cat, on the, the mat); 3: 1 of 4 (on the mat); 4: 0 of 3,
		// which counts 1/2: 1/6. BP = 1, both have 6. BLEU = (5/6 · 3/5 · 1/4 · 1/6)^¼ = (1/48)^¼ = 0.37992; sacreBLEU
		// 2.6.0 prints 37.99178428257963.
		expect(result.matches).toEqual([5, 3, 1, 0]);
		expect(result.totals).toEqual([6, 5, 4, 3]);
		expect(result.score).toBeCloseTo(100 * (1 / 48) ** 0.25, 10);
		expect(result.score).toBeCloseTo(37.99178428257963, 10);
		expect(result.signature).toBe("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp");
	});

	it("is 0 without smoothing when an order has no match", () => {
		const result = bleu(["the cat sat on the mat"], ["the cat is on the mat"], { smoothing: "none" });
		expect(result.score).toBe(0);
		expect(result.precisions).toEqual([500 / 6, 60, 25, 0]);
	});

	it("sums over the corpus and punishes brevity", () => {
		const hypotheses = ["Tom has a dog.", "I know that, Mary!"];
		const references = ["Tom has a small dog.", "I know it, Mary!"];
		const result = bleu(hypotheses, references);
		// Tokens: Tom has a dog . (5, reference 6) and I know that , Mary ! (6, reference 6): 11 against 12.
		// n = 1: 5 + 5 = 10 of 11; 2: (Tom has, has a, dog .) + (I know, `, Mary`, Mary !) = 6 of 9;
		// 3: (Tom has a) + (`, Mary !`) = 2 of 7; 4: 0 of 5, counts 1/2. BP = exp(1 − 12/11) = 0.913101.
		expect(result.matches).toEqual([10, 6, 2, 0]);
		expect(result.totals).toEqual([11, 9, 7, 5]);
		expect(result.brevityPenalty).toBeCloseTo(Math.exp(-1 / 11), 12);
		const mean = ((10 / 11) * (6 / 9) * (2 / 7) * (0.5 / 5)) ** 0.25;
		expect(result.score).toBeCloseTo(100 * Math.exp(-1 / 11) * mean, 10);
		expect(result.score).toBeCloseTo(33.12307792537459, 10); // sacreBLEU 2.6.0
	});

	it("clips at the best of several references and takes the nearest length", () => {
		const result = bleu(["the the the cat", "a b"], [["the cat sat", "the the cat is here now"], ["a b c"]]);
		// `the` counts 2 of 3: no reference has it three times. Lengths: 4 against 3 (nearer than 6), 2 against 3.
		expect(result.matches).toEqual([5, 3, 1, 0]);
		expect(result.referenceLength).toBe(6);
		expect(result.brevityPenalty).toBe(1);
		expect(result.score).toBeCloseTo(62.87167148414675, 10); // sacreBLEU 2.6.0
		expect(result.signature).toContain("nrefs:var");
	});

	it("takes the shorter of two references that are equally near", () => {
		expect(bleu(["a b c"], [["a b c d", "a b"]]).referenceLength).toBe(2);
	});

	it("takes lower case, n-gram order and ready tokens from the options", () => {
		const lower = bleu(["The Cat Sat On The Mat ."], ["the cat sat on the mat."], { lowercase: true });
		expect(lower.score).toBeCloseTo(100, 10);
		expect(lower.signature).toContain("case:lc");
		const bigrams = bleu(["the cat sat on the mat"], ["the cat is on the mat"], { maxOrder: 2 });
		expect(bigrams.score).toBeCloseTo(100 * Math.sqrt((5 / 6) * (3 / 5)), 10);
		expect(bigrams.signature).toContain("order:2");
		expect(bleu(["a b c d, e"], ["a b c d , e"], { tokenize: "none" }).totals[0]).toBe(5);
		expect(bleu(["a b c d, e"], ["a b c d , e"]).score).toBeCloseTo(100, 10);
	});

	it("is 0 for empty and for very short hypotheses, as sacreBLEU", () => {
		expect(bleu([""], ["a b c"])).toMatchObject({ score: 0, brevityPenalty: 0, referenceLength: 3 });
		expect(bleu(["hello world"], ["hello world"]).score).toBe(0); // it has no trigram
	});

	it("is 100 for the reference itself, and does not depend on the order of the sentences", () => {
		const word = fc.constantFrom("a", "b", "c", "d", "e.", "1,5");
		const sentence = fc.array(word, { minLength: 4, maxLength: 9 }).map((words) => words.join(" "));
		const pairs = fc.array(fc.tuple(sentence, sentence), { minLength: 1, maxLength: 6 });
		fc.assert(
			fc.property(pairs, (rows) => {
				const [hypotheses, references] = [rows.map(([h]) => h), rows.map(([, r]) => r)];
				expect(bleu(references, references).score).toBeCloseTo(100, 8);
				const { score } = bleu(hypotheses, references);
				expect(score).toBeGreaterThanOrEqual(0);
				expect(score).toBeLessThanOrEqual(100 + 1e-9);
				expect(bleu([...hypotheses].reverse(), [...references].reverse()).score).toBeCloseTo(score, 10);
			}),
			{ seed: 1, numRuns: 30 },
		);
	});

	it("refuses what it cannot count", () => {
		expect(() => bleu([], [])).toThrow("bleu: 0 hypotheses and 0 references came; expected as many of each");
		expect(() => bleu(["a"], ["a", "b"])).toThrow("1 hypotheses and 2 references");
		expect(() => bleu(["a"], [[]])).toThrow("hypothesis 0 has no reference");
		expect(() => bleu(["a"], ["a"], { maxOrder: 0 })).toThrow("`maxOrder` is 0");
		expect(() => bleu(["a"], ["a"], { smoothing: "floor" as "exp" })).toThrow("expected 'exp', 'none'");
		expect(() => bleu(["a"], ["a"], { lowerCase: true } as object)).toThrow(HeedError);
	});
});
