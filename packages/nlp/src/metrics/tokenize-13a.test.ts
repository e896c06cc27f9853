import { describe, expect, it } from "vitest";
import { splitSpaces, tokenize13a } from "./tokenize-13a.ts";

describe("tokenize13a", () => {
	// The right sides are what sacreBLEU 2.6.0 prints.
	it.each([
		["Hello, world! 3.14 1,000 4-5 x-y", "Hello , world ! 3.14 1,000 4 - 5 x-y"],
		['"q" (a) &amp; &quot;b&quot; it\'s', '" q " ( a ) & " b " it\'s'],
		["U.S. 5. $3.50 a.b end.", "U . S . 5 . $ 3.50 a . b end ."],
		["Är du 2-åring? ja/nej…", "Är du 2 - åring ? ja / nej…"],
		["foo,bar .5 5,", "foo , bar . 5 5 ,"],
		["", ""],
	])("splits %s", (text, tokens) => {
		expect(tokenize13a(text).join(" ")).toBe(tokens);
	});

	it("joins lines, and drops a hyphen at the end of a line", () => {
		expect(tokenize13a("one\ntwo thir-\nteen <skipped>")).toEqual(["one", "two", "thirteen"]);
	});

	it("takes for white space what Python does", () => {
		expect(splitSpaces("a\u0085b\u001cc\u001fd\u2028e\u3000f\ufeffg")).toEqual([
			"a",
			"b",
			"c",
			"d",
			"e",
			"f\ufeffg",
		]);
	});

	it("splits ready tokens at any white space", () => {
		expect(splitSpaces("  a,\tb  c\u00a0d ")).toEqual(["a,", "b", "c", "d"]);
	});
});
