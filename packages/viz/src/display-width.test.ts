import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { displayWidth, graphemes, pad, truncate } from "./display-width.ts";

describe("display width", () => {
	it.each([
		["abc", 3],
		["今日", 4],
		["é", 1],
		["👩‍👩‍👧", 2],
		["שלום", 4],
		["", 0],
	])("%s takes %i columns", (text, width) => expect(displayWidth(text)).toBe(width));

	it("keeps marks on their bases and emoji together", () => {
		expect(graphemes("éa👩‍👩‍👧")).toEqual(["é", "a", "👩‍👩‍👧"]);
	});

	it("cuts between characters", () => {
		expect(truncate("abcdef", 4)).toBe("abc…");
		expect(truncate("今日は", 4)).toBe("今…"); // half a character is no character
		expect(truncate("abc", 3)).toBe("abc");
	});

	it("measures no more of a long text than its beginning, and splits no pair", () => {
		const segment = vi.spyOn(Intl.Segmenter.prototype, "segment");
		for (const token of ["x".repeat(1e6), "é".repeat(1e6), "\u0301".repeat(1e6), `a${"😀".repeat(5e5)}`]) {
			expect(displayWidth(truncate(token, 20))).toBeLessThanOrEqual(20);
			expect(truncate(token, 20)).toMatch(/…$/);
			expect(graphemes(token).join("")).not.toMatch(/\p{Cs}/u);
		}
		for (const [text] of segment.mock.calls) expect(text.length).toBeLessThanOrEqual(1000);
		segment.mockRestore();
	});

	it("pads to exactly the width (property)", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 20 }), (text, width) => {
				const visible = text.replace(/\p{C}/gu, "");
				expect(displayWidth(pad(visible, width))).toBe(width);
				expect(displayWidth(pad(visible, width, "right"))).toBe(width);
			}),
			{ seed: 1, numRuns: 200 },
		);
	});
});
