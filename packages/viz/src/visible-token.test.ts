import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visibleText, visibleToken } from "./visible-token.ts";

describe("visibleToken", () => {
	it.each([
		[" the", "·the"],
		["\n", "⏎"],
		["a\tb", "a⇥b"],
		["", "∅"],
		["\u001b[31m", "\\u{1b}[31m"],
		["a\u202eb", "a\\u{202e}b"],
		["\u2028", "\\u{2028}"],
		["\u200b", "\\u{200b}"],
		["\ud800", "\\u{d800}"],
		["éñ漢👩‍👩‍👧", "éñ漢👩‍👩‍👧"],
		["\ufffe\uffff", "\\u{fffe}\\u{ffff}"], // no characters, which XML forbids
		["\ufdd0\u{1ffff}", "\\u{fdd0}\\u{1ffff}"],
		["a\u206ab\u206f", "a\\u{206a}b\\u{206f}"],
		["\u180e\u034f\u3164\u115f\uffa0\u2800", "\\u{180e}\\u{34f}\\u{3164}\\u{115f}\\u{ffa0}\\u{2800}"],
		["a\u{e0041}\u{e007f}", "a\\u{e0041}\\u{e007f}"], // tags
		["\u200d", "\\u{200d}"],
		["a\u200d", "a\\u{200d}"],
		["a\u200d\u3164", "a\\u{200d}\\u{3164}"],
		["\u200d\u200c\u200d", "\\u{200d}\\u{200c}\\u{200d}"],
		["\ufe0f", "\\u{fe0f}"],
		["a\ufe0e\ufe0f", "a\ufe0e\\u{fe0f}"],
		["\u0301", "◌\u0301"],
		[`e${"\u0301".repeat(1000)}x`, `e${"\u0301".repeat(6)}…x`],
		["می‌خواهم", "می‌خواهم"],
		["क्‍ष", "क्‍ष"],
		["🏳️‍🌈👩🏽‍🚀❤️1️⃣🇸🇪", "🏳️‍🌈👩🏽‍🚀❤️1️⃣🇸🇪"],
	])("%j becomes %s", (token, visible) => expect(visibleToken(token)).toBe(visible));

	it("keeps the spaces of a sentence", () => expect(visibleText("a b\u0007")).toBe("a b\\u{7}"));

	it("leaves nothing that steers a terminal or cannot be seen (property)", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (token) => {
				const visible = visibleToken(token);
				expect(visible).not.toMatch(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\p{NChar}]/u);
				expect(visible.length).toBeGreaterThan(0);
			}),
			{ seed: 1, numRuns: 300 },
		);
	});
});
