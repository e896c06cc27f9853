import { describe, expect, it } from "vitest";
import { type HtmlReport, renderHtml, VizError } from "../index.ts";

const evil = `<img src=x onerror="alert(1)"></script></style>`;
const report: HtmlReport = {
	title: "Dates",
	sections: [
		{
			heading: "Result",
			text: ["One.", "Two."],
			facts: [
				["exact match", "99.4 %"],
				["epochs", 12],
			],
		},
		{
			charts: [
				{
					title: "Loss",
					series: [
						{
							name: "training",
							points: [
								[1, 2],
								[2, 1],
							],
						},
					],
				},
			],
		},
		{ tables: [{ caption: "Examples", columns: ["input", "score"], rows: [["14 mars", -0.5]] }] },
		{
			maps: [
				{ queryTokens: ["a"], keyTokens: ["b"], weights: [1] },
				{ queryTokens: ["c"], keyTokens: ["d"], weights: [1] },
			],
		},
	],
};

describe("renderHtml", () => {
	it("writes one file that asks for nothing", () => {
		const html = renderHtml(report);
		expect(html).toMatch(/^<!DOCTYPE html>/);
		expect(html).toContain(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`);
		expect(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
			/https?:|<script|<link|src=|href=|url\(|@import/,
		);
	});

	it("shows every part, in order", () => {
		const html = renderHtml(report);
		const places = [
			"<h1>Dates",
			"<h2>Result",
			"<p>One.",
			"<p>Two.",
			"<dt>exact match",
			"<dd>12",
			">Loss<",
			"<caption>Examples",
			"a → b",
		].map((part) => html.indexOf(part));
		expect(places).not.toContain(-1);
		expect(places).toEqual([...places].sort((a, b) => a - b));
		expect(html.match(/<figure class="map">/g)).toHaveLength(2);
		expect(html).toContain('<td class="number">-0.5</td>');
		expect(html).toContain('<th scope="col">input</th>');
	});

	it("escapes everything that it is given", () => {
		const html = renderHtml(
			{
				title: evil,
				sections: [
					{
						heading: evil,
						text: evil,
						facts: [[evil, evil]],
						tables: [{ caption: evil, columns: [evil], rows: [[evil]] }],
						charts: [{ title: evil, xLabel: evil, yLabel: evil, series: [{ name: evil, points: [[0, 0]] }] }],
						maps: [
							{
								title: evil,
								queryTokens: [evil],
								keyTokens: [evil],
								weights: [1],
								axisLabels: { query: evil, key: evil },
							},
						],
					},
				],
			},
			{ language: '"><b>' },
		);
		expect(html).not.toMatch(/<img|<\/script|<b>/);
		expect(html.match(/<\/style>/g)?.length).toBe(html.match(/<style>/g)?.length);
	});

	it("has a theme", () => {
		expect(renderHtml(report)).toContain('<meta name="color-scheme" content="light dark">');
		expect(renderHtml(report, { theme: "dark" })).not.toContain("prefers-color-scheme");
	});

	it.each([null, {}, { title: "x" }, { sections: [] }])("refuses %j for a report", (none) => {
		expect(() => renderHtml(none as never)).toThrow("renderHtml: the report needs { title, sections }");
		expect(() => renderHtml(none as never)).toThrow(VizError);
	});

	it("refuses parts that do not fit", () => {
		expect(() => renderHtml({ title: "x", sections: [{ chart: [] } as never] })).toThrow(
			"unknown option `chart`. Known options: `heading`",
		);
		expect(() =>
			renderHtml({ title: "x", sections: [{ tables: [{ columns: ["a", "b"], rows: [["1"]] }] }] }),
		).toThrow("row 0 of a table has 1 cells; expected 2");
		expect(() =>
			renderHtml({
				title: "x",
				sections: [{ maps: [{ queryTokens: ["a"], keyTokens: ["b"], weights: [] }] }],
			}),
		).toThrow("renderHtml: `weights` has 0 numbers");
	});
});
