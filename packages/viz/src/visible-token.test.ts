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
	])("%j becomes %s", (token, visible) => expect(visibleToken(token)).toBe(visible));

	it("keeps the spaces of a sentence", () => expect(visibleText("a b\u0007")).toBe("a b\\u{7}"));

	it("leaves nothing that steers a terminal or cannot be seen (property)", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (token) => {
				const visible = visibleToken(token);
				expect(visible).not.toMatch(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
				expect(visible.length).toBeGreaterThan(0);
			}),
			{ seed: 1, numRuns: 300 },
		);
	});
});
