import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AttentionMap, renderSvg } from "../index.ts";

const map: AttentionMap = {
	title: "Swedish → English",
	queryTokens: ["I", "gave"],
	keyTokens: ["Jag", "gav", "."],
	weights: [0.412, 0.5, 0.088, 0, 1, 0],
};
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** A small strict reader: tags nest, attributes are quoted, no stray `<` or `&`. */
function expectWellFormed(xml: string): void {
	const open: string[] = [];
	const rest = xml.replace(
		/<(\/?)([a-zA-Z]+)((?: [\w:-]+="[^"<]*")*)\s*(\/?)>/g,
		(_, end: string, name: string, __, empty: string) => {
			if (end === "/") expect(open.pop()).toBe(name);
			else if (empty === "") open.push(name);
			return "";
		},
	);
	expect(open).toEqual([]);
	expect(xml).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u); // the characters of XML 1.0
	expect(rest).not.toMatch(/[<>]/);
	expect(rest.replace(/&(amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
}

describe("renderSvg", () => {
	it("draws a named cell for every pair", () => {
		const svg = renderSvg(map);
		expectWellFormed(svg);
		expect(count(svg, /class="cell"/g)).toBe(6);
		expect(svg).toContain("<title>I → Jag 0.412</title>");
		expect(svg).toContain("<title>gave → gav 1.000</title>");
		expect(svg).toContain('fill="#fde725"><title>gave → gav'); // the strongest has the last colour
	});

	it("tells those who cannot see it what it is", () => {
		const svg = renderSvg({ ...map, axisLabels: { query: "English", key: "Swedish" } });
		expect(svg).toContain('role="img" aria-label="Attention map Swedish → English"');
		expect(svg).toContain(
			"<title>Swedish → English</title><desc>2 × 3 cells: each row is a English, each column a Swedish",
		);
		expect(svg).toContain("Strongest: gave → gav 1.000.");
	});

	it("refers to nothing outside and has no ids", () => {
		expect(renderSvg(map).replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
			/https?:|url\(|@import|\sid=|href/,
		);
	});

	it("follows the reader's light or dark system, or one of them", () => {
		expect(renderSvg(map)).toContain("prefers-color-scheme:dark");
		expect(renderSvg(map, { theme: "dark" })).not.toContain("prefers-color-scheme");
	});

	it("shows NaN and masked cells as such", () => {
		const svg = renderSvg({ ...map, weights: [Number.NaN, 0.5, 0.5, 0, 1, 0], mask: [1, 1, 0, 1, 1, 1] });
		expectWellFormed(svg);
		expect(svg).toContain("<title>I → Jag NaN</title>");
		expect(svg).toContain("<title>I → . masked</title>");
		expect(svg).toMatch(/>masked<\/text>/);
		expect(svg).toMatch(/>NaN<\/text>/);
	});

	it("pools what is too large, and says so", () => {
		const keyTokens = Array.from({ length: 50 }, (_, i) => `k${i}`);
		const svg = renderSvg(
			{ queryTokens: ["q"], keyTokens, weights: keyTokens.map(() => 0.02) },
			{ maxCells: 10 },
		);
		expect(count(svg, /class="cell"/g)).toBe(10);
		expect(svg).toContain("largest of 5 keys");
	});

	it.each([
		"<img src=x onerror=alert(1)>",
		"</script>",
		"</style>",
		"]]>",
		"<!--",
		'"onload="x',
		"&amp;",
		"a\u2028b",
		"\u0000",
		"\ufffe",
		"\uffff",
		"\u{1fffe}",
		"\u000b\u0085",
		"\ud800",
	])("is safe with %j", (word) => {
		const svg = renderSvg({
			...map,
			title: word,
			layer: word,
			queryTokens: [word, word],
			axisLabels: { query: word, key: word },
		});
		expectWellFormed(svg);
		expect(svg).not.toMatch(/<img|<\/script|<!--|\]\]>[^&]|[\p{Cc}\p{Cs}\p{Zl}]/u);
		expect(count(svg, /<style>/g)).toBe(1);
	});

	it("is well formed whatever the words (property)", () => {
		const words = fc.array(fc.string({ unit: "binary", maxLength: 8 }), { minLength: 1, maxLength: 4 });
		fc.assert(
			fc.property(words, words, (queryTokens, keyTokens) => {
				const weights = new Float32Array(queryTokens.length * keyTokens.length).fill(0.1);
				expectWellFormed(renderSvg({ queryTokens, keyTokens, weights }));
			}),
			{ seed: 1, numRuns: 60 },
		);
	});

	it("gives the legend room for both special cells", () => {
		const narrow = { queryTokens: ["a", "b"], keyTokens: ["c"], weights: [Number.NaN, 1], mask: [1, 0] };
		const svg = renderSvg(narrow);
		const width = Number(/ width="(\d+)"/.exec(svg)?.[1]);
		const word = Number(/x="(\d+)"[^>]*>NaN<\/text>/.exec(svg)?.[1]);
		expect(word + 3 * 7).toBeLessThan(width);
	});

	it("cuts long texts where they are drawn, and keeps them whole where they are told", () => {
		const long = "w".repeat(10_000);
		const svg = renderSvg({
			...map,
			title: long,
			queryTokens: [long, "x"],
			axisLabels: { query: long, key: long },
		});
		expectWellFormed(svg);
		expect(Number(/ width="(\d+)"/.exec(svg)?.[1])).toBeLessThan(1000);
		expect(svg).toContain(`…<title>${long}</title></text>`);
		expect(svg).toContain(`<title>${"w".repeat(55)}… → Jag 0.412</title>`);
	});

	it("numbers some of the pooled rows and columns", () => {
		const tokens = Array.from({ length: 320 }, (_, i) => `t${i}`);
		const svg = renderSvg({ queryTokens: tokens, keyTokens: tokens, weights: new Float32Array(320 * 320) });
		expect(count(svg, /class="cell"/g)).toBe(64 * 64);
		expect(count(svg, />\d+<\/text>/g)).toBe(2 * 16);
	});

	it("gives wide words room", () => {
		const widthOf = (words: string[]): number =>
			Number(/ width="(\d+)"/.exec(renderSvg({ ...map, queryTokens: words }))?.[1]);
		expect(widthOf(["今日今日今日今日今日今日今日今日", "x"])).toBeGreaterThan(widthOf(["abcdefgh", "x"]));
		expect(widthOf(["e\u0301".repeat(20), "x"])).toBe(widthOf(["é".repeat(20), "x"]));
	});

	it.each([
		[{ cellSize: 1 }, "`cellSize` is 1; expected a whole number of at least 4"],
		[{ theme: "pink" }, '`theme` is "pink"; expected one of "auto", "light", "dark"'],
		[{ size: 3 }, "unknown option `size`"],
	])("refuses %o", (options, message) => {
		expect(() => renderSvg(map, options as never)).toThrow(message);
	});
});
