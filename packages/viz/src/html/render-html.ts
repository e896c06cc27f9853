import { type AttentionMap, checkMap } from "../attention-map.ts";
import { checkChoice, checkOptions, VizError } from "../errors.ts";
import { type AttentionImage, checkImage } from "../image/attention-image.ts";
import { renderImageSvg } from "../image/render-image-svg.ts";
import { escapeXml } from "../svg/escape-xml.ts";
import { type LineChart, renderLineChart } from "../svg/render-line-chart.ts";
import { renderSvg } from "../svg/render-svg.ts";
import { type Theme, themeStyle, themes } from "../svg/theme.ts";
import { pageStyle } from "./page-style.ts";

/** A table; columns whose cells are all numbers stand to the right. */
export interface HtmlTable {
	readonly caption?: string;
	readonly columns: readonly string[];
	readonly rows: readonly (readonly (string | number)[])[];
}

/** A part of a report. What is given is shown in this order. */
export interface HtmlSection {
	readonly heading?: string;
	/** Paragraphs. */
	readonly text?: string | readonly string[];
	/** Names and values, shown as cards. */
	readonly facts?: readonly (readonly [name: string, value: string | number])[];
	readonly charts?: readonly LineChart[];
	readonly tables?: readonly HtmlTable[];
	/** Alignment pictures, side by side where there is room. */
	readonly maps?: readonly AttentionMap[];
	/** Images with what was seen in them, side by side where there is room. */
	readonly images?: readonly AttentionImage[];
}

/** What a report is made of. */
export interface HtmlReport {
	readonly title: string;
	readonly sections: readonly HtmlSection[];
}

/** Options of {@link renderHtml}. */
export interface RenderHtmlOptions {
	/** Default `auto`: as the reader's system. */
	readonly theme?: Theme;
	/** The language of the text, for screen readers. Default `en`. */
	readonly language?: string;
}

const where = "renderHtml";
const sectionParts = ["heading", "text", "facts", "charts", "tables", "maps", "images"];

/**
 * Writes a report as one HTML file that needs nothing else: no scripts, no requests, and a policy that forbids them; images are in it.
 * All text is escaped.
 */
export function renderHtml(report: HtmlReport, options: RenderHtmlOptions = {}): string {
	checkOptions(where, options, ["theme", "language"]);
	if (typeof report?.title !== "string" || !Array.isArray(report.sections)) {
		throw new VizError("SHAPE", where, "the report needs { title, sections }: a text and an array.");
	}
	checkOptions(where, report, ["title", "sections"]);
	const { theme = "auto", language = "en" } = options;
	checkChoice(where, "theme", theme, themes);
	const title = escapeXml(report.title);
	const scheme = theme === "auto" ? "light dark" : theme;
	return [
		`<!DOCTYPE html>\n<html lang="${escapeXml(language)}">\n<head>\n<meta charset="utf-8">`,
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`,
		`<meta name="viewport" content="width=device-width, initial-scale=1">`,
		`<meta name="color-scheme" content="${scheme}">`,
		`<title>${title}</title>\n<style>${themeStyle(":root", theme)}${pageStyle}</style>\n</head>`,
		`<body>\n<main>\n<h1>${title}</h1>`,
		...report.sections.map((section) => renderSection(section, theme)),
		`</main>\n</body>\n</html>\n`,
	].join("\n");
}

function renderSection(section: HtmlSection, theme: Theme): string {
	checkOptions(where, section, sectionParts);
	const { heading, text = [], facts = [], charts = [], tables = [], maps = [], images = [] } = section;
	for (const map of maps) checkMap(where, map);
	for (const image of images) checkImage(where, image);
	return [
		"<section>",
		heading === undefined ? "" : `<h2>${escapeXml(heading)}</h2>`,
		...[text].flat().map((paragraph) => `<p>${escapeXml(paragraph)}</p>`),
		facts.length === 0
			? ""
			: `<dl>${facts.map(([name, value]) => `<div><dt>${escapeXml(name)}</dt><dd>${escapeXml(String(value))}</dd></div>`).join("")}</dl>`,
		charts.length === 0
			? ""
			: pictures(
					"chart",
					charts.map((chart) => renderLineChart(chart, { theme })),
				),
		...tables.map(renderTable),
		maps.length === 0
			? ""
			: pictures(
					"map",
					maps.map((map) => renderSvg(map, { theme })),
				),
		images.length === 0
			? ""
			: pictures(
					"image",
					images.map((image) => renderImageSvg(image, { theme })),
				),
		"</section>",
	]
		.filter((part) => part !== "")
		.join("\n");
}

function pictures(kind: string, drawings: readonly string[]): string {
	return `<div class="pictures">${drawings.map((svg) => `<figure class="${kind}">${svg}</figure>`).join("\n")}</div>`;
}

function renderTable({ caption, columns, rows }: HtmlTable): string {
	rows.forEach((row, i) => {
		if (row.length === columns.length) return;
		throw new VizError(
			"SHAPE",
			where,
			`row ${i} of a table has ${row.length} cells; expected ${columns.length}.`,
		);
	});
	const kind = columns.map((_, i) =>
		rows.every((row) => typeof row[i] === "number") ? ' class="number"' : "",
	);
	const cells = (tag: string, values: readonly (string | number)[], scope = ""): string =>
		values.map((value, i) => `<${tag}${scope}${kind[i] ?? ""}>${escapeXml(String(value))}</${tag}>`).join("");
	return [
		`<div class="scroll"><table>${caption === undefined ? "" : `<caption>${escapeXml(caption)}</caption>`}`,
		`<thead><tr>${cells("th", columns, ' scope="col"')}</tr></thead>`,
		`<tbody>${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("")}</tbody></table></div>`,
	].join("");
}
