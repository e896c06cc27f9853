import { describe, expect, it } from "vitest";
import { exactMatch } from "./exact-match.ts";

describe("exactMatch", () => {
	it("counts equal texts", () => {
		expect(exactMatch(["a", "b", "c "], ["a", "x", "c"])).toEqual({ correct: 1, total: 3, accuracy: 1 / 3 });
	});

	it("refuses different numbers of texts, and none", () => {
		expect(() => exactMatch(["a"], [])).toThrow("exactMatch: 1 hypotheses and 0 references came");
		expect(() => exactMatch([], [])).toThrow("at least one");
	});
});
