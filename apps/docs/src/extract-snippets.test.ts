import { describe, expect, it } from "vitest";
import { extractSnippets } from "./extract-snippets.ts";

const fence = "```";
const page = (...lines: string[]): string => lines.join("\n");

describe("extractSnippets", () => {
	it("finds fences of TypeScript and JavaScript with their places, and no others", () => {
		const text = page(
			"# A",
			"",
			`${fence}ts`,
			"one();",
			fence,
			"",
			`${fence}sh`,
			"two",
			fence,
			`${fence}js`,
			"three();",
			fence,
		);
		expect(extractSnippets(text, "a.md")).toEqual([
			{ place: "a.md:3", code: "one();\n", prints: [] },
			{ place: "a.md:10", code: "three();\n", prints: [] },
		]);
	});

	it("reads what a program prints from the comments behind its logs", () => {
		const text = page(
			`${fence}ts`,
			"console.log(a); // [1, 5, 16]",
			"console.log(b); // two",
			"// lines",
			"",
			"// a comment",
			"const c = 1; // not printed",
			"console.log(d); // close to 3",
			fence,
		);
		expect(extractSnippets(text, "a.md")[0]?.prints).toEqual(["[1, 5, 16]", "two\nlines"]);
	});

	it("puts a fence that continues behind the one before it", () => {
		const text = page(
			`${fence}ts`,
			"const a = 1;",
			fence,
			"More:",
			`${fence}ts continues`,
			"console.log(a); // 1",
			fence,
		);
		expect(extractSnippets(text, "a.md")[1]).toEqual({
			place: "a.md:5",
			code: "const a = 1;\n\nconsole.log(a); // 1\n",
			prints: ["1"],
		});
	});

	it("leaves out what is marked, with its reason, and demands one", () => {
		const marked = (marker: string): string => page(`${fence}ts ${marker}`, "x", fence);
		expect(extractSnippets(marked('no-run "needs a browser"'), "a.md")[0]?.skipped).toBe("needs a browser");
		expect(extractSnippets(marked('check-only "needs a file"'), "a.md")[0]).toMatchObject({
			skipped: "needs a file",
			checked: true,
		});
		expect(() => extractSnippets(marked("no-run"), "a.md")).toThrow("a.md:1: the fence is marked 'no-run'.");
		expect(() => extractSnippets(marked("continues"), "a.md")).toThrow(
			"a.md:1: the fence is marked 'continues'.",
		);
	});
});
