import { describe, expect, it } from "vitest";
import { scoreLabels, scoreText } from "./score.ts";

describe("scoreLabels", () => {
	// Worked out by hand: a: 2 right of 3 there and 2 given; b: 1 of 1 there and 2 given; c: 0 of 1 there; d: given once, not there.
	const expected = ["a", "a", "a", "b", "c"];
	const predicted = ["a", "a", "b", "b", "d"];
	const score = scoreLabels(predicted, expected);

	it("counts what is right, by label", () => {
		expect(score.accuracy).toBeCloseTo(3 / 5);
		expect(score.labels.get("a")).toEqual({ there: 3, precision: 1, recall: 2 / 3, f1: 4 / 5 });
		expect(score.labels.get("b")).toEqual({ there: 1, precision: 1 / 2, recall: 1, f1: 2 / 3 });
		expect(score.labels.get("c")).toEqual({ there: 1, precision: 0, recall: 0, f1: 0 });
		expect(score.labels.get("d")).toEqual({ there: 0, precision: 0, recall: 0, f1: 0 });
		expect(score.macroF1).toBeCloseTo((4 / 5 + 2 / 3) / 4);
		expect(scoreText(score)).toBe("accuracy 60.00 % (3 of 5), macro-F1 36.67");
	});

	it("tells what was taken for what", () => {
		expect([...score.confusion].map(([label, row]) => [label, Object.fromEntries(row)])).toEqual([
			["a", { a: 2, b: 1 }],
			["b", { b: 1 }],
			["c", { d: 1 }],
		]);
	});

	it("is 0 of nothing", () => {
		expect(scoreLabels([], [])).toMatchObject({ accuracy: 0, macroF1: 0, total: 0 });
	});
});
