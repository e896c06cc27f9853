import { describe, expect, it } from "vitest";
import { bleuScore, chrfScore, exactScore, groupBySource } from "./score.ts";

describe("the scores", () => {
	it("count right dates", () => {
		const pairs = ["2021-03-04", "2021-03-05", "2021-03-06"].map((target) => ({ source: "", target }));
		const score = exactScore(["2021-03-04", "2021-03-05", "2021-03-07"], pairs);
		expect(score.text).toBe("exact match 66.67 % (2 of 3)");
	});

	it("compare a sentence with all its translations", () => {
		const groups = groupBySource([
			{ source: "Hi there, you!", target: "Hej på dig du !" },
			{ source: "Go.", target: "Gå nu." },
			{ source: "Hi there, you!", target: "Hejsan där, du!" },
		]);
		expect(groups).toEqual([
			{ source: "Hi there, you!", references: ["Hej på dig du !", "Hejsan där, du!"] },
			{ source: "Go.", references: ["Gå nu."] },
		]);
		const score = bleuScore(["Hejsan där, du!", "Gå nu."], groups);
		expect(score.value).toBeCloseTo(100, 8);
		expect(score.text).toBe("BLEU 100.00 (BP 1.000, nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp)");
		expect(chrfScore(["Hejsan där, du!", "Gå nu."], groups).text).toBe(
			"chrF 100.00 (nrefs:var|case:mixed|eff:yes|nc:6|nw:0|space:no)",
		);
	});
});
