import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth } from "../display-width.ts";
import { type AttentionMap, renderSvg, renderTerminal, VizError } from "../index.ts";

const map: AttentionMap = {
	title: "a title",
	queryTokens: ["I", "gave", "her"],
	keyTokens: ["Jag", "gav", "henne", "."],
	weights: [0.97, 0.02, 0.01, 0, 0.1, 0.8, 0.1, 0, 0, 0.05, 0.9, 0.05],
};
const lines = (text: string): string[] => stripVTControlCharacters(text).split("\n");

describe("renderTerminal", () => {
	it("puts every word over its column and beside its row", () => {
		const [title, header = "", ...rows] = lines(renderTerminal(map, { color: false }));
		expect(title).toBe("a title");
		expect(rows[0]).toMatch(/^ {3}I @/);
		expect(rows[1]).toMatch(/^gave /);
		// the strongest cells stand under their words
		expect(rows[0]?.indexOf("@")).toBe(header.indexOf("Jag"));
		expect(rows[2]?.indexOf("@")).toBe(header.indexOf("henne"));
	});

	it("shades by weight where there is no colour", () => {
		const levels: AttentionMap = {
			queryTokens: ["q"],
			keyTokens: [..."abcde"],
			weights: [0, 0.25, 0.5, 0.75, 1],
		};
		expect(lines(renderTerminal(levels, { color: false }))[1]).toBe("q   : + # @ ");
		expect(renderTerminal(levels, { color: false })).not.toContain("\u001b");
		expect(lines(renderTerminal(levels, { color: false, range: [0, 10] }))[1]).toBe("q         . ");
	});

	it("colours with true colour or with 256 colours", () => {
		expect(renderTerminal(map, { color: true })).toContain("\u001b[48;2;68;1;84m"); // viridis at 0
		expect(renderTerminal(map, { color: "256" })).toContain("\u001b[48;5;");
		expect(renderTerminal(map, { color: "256" })).not.toContain("\u001b[48;2;");
		for (const line of renderTerminal(map, { color: true }).split("\n")) {
			const codes = line.split("\u001b[").slice(1);
			// nothing leaks into the next line: the last code is the one that ends all
			if (codes.length > 0) expect(codes.at(-1)).toMatch(/^0m/);
		}
	});

	it("tells masked cells, NaN and zero apart", () => {
		const odd: AttentionMap = {
			queryTokens: ["q"],
			keyTokens: ["a", "b", "c"],
			weights: [0.5, Number.NaN, 0.5],
			mask: [1, 1, 0],
		};
		const [, row, legend] = lines(renderTerminal(odd, { color: false }));
		expect(row).toBe("q @ ? / ");
		expect(legend).toContain("/ masked");
		expect(legend).toContain("? not a number");
		expect(lines(renderTerminal(odd, { color: true }))[1]).toBe("q   ??//");
	});

	it("shortens a long word where there is room for a part of it", () => {
		const keyTokens = ["Jag", "gav", "bibliotekarieboken", "."];
		expect(lines(renderTerminal({ ...map, keyTokens }, { color: false, width: 40 }))[1]).toBe(
			"     Jag     gav     biblio… .",
		);
	});

	it("writes long words from top to bottom where they do not fit across", () => {
		const narrow = lines(renderTerminal(map, { color: false, width: 20 }));
		expect(narrow.slice(1, 6).map((line) => line.slice(5).padEnd(7))).toEqual([
			"    h  ",
			"    e  ",
			"J g n  ",
			"a a n  ",
			"g v e .",
		]);
	});

	it("shows the largest of neighbouring keys where even that is too wide, and says so", () => {
		const keyTokens = Array.from({ length: 200 }, (_, i) => `w${i}`);
		const weights = keyTokens.map((_, i) => (i === 137 ? 1 : 0.01));
		const text = renderTerminal({ queryTokens: ["q"], keyTokens, weights }, { color: false, width: 60 });
		expect(text).toMatch(/largest of \d+ keys/);
		expect(text.match(/@/g)).toHaveLength(2); // the spike and the legend
	});

	it("shows the largest of neighbouring queries where there are too many rows, and says so", () => {
		const queryTokens = Array.from({ length: 200 }, (_, i) => `w${i}`);
		const tall = {
			queryTokens,
			keyTokens: ["k"],
			weights: queryTokens.map((_, i) => (i === 137 ? 1 : 0.01)),
		};
		const rows = (text: string): number => lines(text).filter((line) => /^ *\d+ /.test(line)).length;
		const text = renderTerminal(tall);
		expect(rows(text)).toBe(50); // 200 queries, 4 at a time, are at most 64
		expect(text).toMatch(/^136 @/m);
		expect(text).toContain("Each cell is the largest of 4 queries; numbers say where it starts.");
		expect(rows(renderTerminal(tall, { maxRows: 10 }))).toBe(10);
		expect(renderTerminal(tall, { maxRows: 200 })).not.toContain("largest of");
	});

	it("draws without colour when nothing is said of it", () => {
		expect(renderTerminal(map)).toBe(renderTerminal(map, { color: false }));
	});

	it.each([false, true])("breaks a legend that is too wide instead of cutting it, color %s", (color) => {
		const odd: AttentionMap = {
			queryTokens: ["q"],
			keyTokens: ["a", "b"],
			weights: [9e-301, 1],
			mask: [1, 0],
			axisLabels: { query: "English", key: "Swedish" },
		};
		const text = lines(renderTerminal(odd, { color, width: 20 }));
		for (const line of text) expect(displayWidth(line)).toBeLessThanOrEqual(20);
		for (const word of ["0.000", "9.0e-301", "/ masked", "rows: English,", "columns: Swedish"])
			expect(text.join(" ")).toContain(word);
	});

	it.each([
		[[-1e308, 0, 1e308]],
		[[5e-324, 0, 0]],
		[[-1e308, -1e308, -1e308]],
		[[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5]],
	])("colours the extreme numbers %j", (weights) => {
		const extreme = { queryTokens: ["q"], keyTokens: ["a", "b", "c"], weights };
		for (const color of [true, false])
			expect(renderTerminal(extreme, { color })).not.toMatch(/NaN|undefined/);
		expect(renderSvg(extreme)).not.toMatch(/NaN|undefined/);
	});

	it("draws more words than a call takes arguments", () => {
		const queryTokens = new Array<string>(150_000).fill("q");
		const weights = new Float32Array(150_000).fill(0.5);
		expect(renderTerminal({ queryTokens, keyTokens: ["k"], weights })).toContain("queries");
		expect(renderTerminal({ queryTokens: ["k"], keyTokens: queryTokens, weights })).toContain("keys");
	});

	it("steers no terminal", () => {
		const text = renderTerminal(
			{ ...map, title: "\u001b]0;pwned\u0007", keyTokens: ["\u001b[2J", " ", "\n", "\u202e"] },
			{ color: false },
		);
		expect(text).not.toContain("\u001b");
		expect(text).toContain("·");
		expect(text).toContain("⏎");
	});

	it("keeps every row aligned and every line within the width, whatever the words (property)", () => {
		const word = fc.oneof(
			fc.string({ unit: "grapheme", maxLength: 14 }),
			fc.constantFrom("今日は", "שלום", "é", "👩‍👩‍👧", "مرحبا"),
		);
		const words = fc.array(word, { minLength: 1, maxLength: 30 });
		fc.assert(
			fc.property(
				words,
				words,
				fc.integer({ min: 20, max: 100 }),
				fc.boolean(),
				(queryTokens, keyTokens, width, color) => {
					const weights = queryTokens.flatMap((_, q) => keyTokens.map((__, k) => (q === k ? 1 : 0.1)));
					const text = lines(renderTerminal({ queryTokens, keyTokens, weights }, { color, width }));
					for (const line of text) expect(displayWidth(line)).toBeLessThanOrEqual(width);
					const legend = text.findIndex((line) => line.startsWith("0.000 "));
					const rows = text.slice(legend - queryTokens.length, legend).map(displayWidth);
					expect(new Set(rows).size).toBe(1);
				},
			),
			{ seed: 1, numRuns: 100 },
		);
	});

	it.each([
		[{ weights: [1, 2] }, {}, "`weights` has 2 numbers; expected 12 for 3 query tokens × 4 key tokens"],
		[{ mask: [true] }, {}, "`mask` has 1 entries; expected 12"],
		[{ queryTokens: [], weights: [] }, {}, "there is nothing to draw"],
		[{ keyTokens: [1, 2, 3, 4] }, {}, "`keyTokens` must be an array of strings"],
		[{}, { maxRows: 0 }, "`maxRows` is 0; expected a whole number of at least 1"],
		[{}, { width: 5 }, "`width` is 5; expected a whole number of at least 20"],
		[{}, { colour: true }, "unknown option `colour`"],
		[{}, { color: "yes" }, '`color` is "yes"'],
		[{}, { range: [1, 0] }, "`range` is [1,0]; expected [min, max] with min < max"],
	])("refuses %o with %o", (change, options, message) => {
		expect(() =>
			renderTerminal({ ...map, ...change } as AttentionMap, { color: false, ...options } as never),
		).toThrow(message);
	});

	it("says what a map is when it gets none", () => {
		for (const none of [null, undefined, 3]) {
			expect(() => renderTerminal(none as never)).toThrow(VizError);
			expect(() => renderTerminal(none as never)).toThrow(
				`the map is ${none}; expected { queryTokens, keyTokens, weights }`,
			);
		}
	});
});
