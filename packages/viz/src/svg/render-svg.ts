import {
	type AttentionMap,
	checkMap,
	headingOf,
	isAllowed,
	positionInRange,
	type ValueRange,
	valueRange,
	wordWeight,
} from "../attention-map.ts";
import { displayWidth, truncate } from "../display-width.ts";
import { checkChoice, checkCount, checkOptions } from "../errors.ts";
import { largest } from "../largest.ts";
import { poolingNote, poolMap } from "../pool-map.ts";
import { hexColor, viridis } from "../viridis.ts";
import { visibleToken } from "../visible-token.ts";
import { colorBar, legendWidth } from "./color-bar.ts";
import { escapeXml, shortText } from "./escape-xml.ts";
import { strongestCell } from "./strongest-cell.ts";
import { type Theme, themeStyle, themes } from "./theme.ts";

/** Options of {@link renderSvg}. */
export interface RenderSvgOptions {
	/** The side of a cell in pixels. Default: what makes the cells about 640 wide, 10 to 28. */
	readonly cellSize?: number;
	/** More queries or keys than this are drawn as the largest of their neighbours. Default 64. */
	readonly maxCells?: number;
	/** The weights at the ends of the colours. Default: 0 to the largest weight. */
	readonly range?: ValueRange;
	/** Default `auto`: as the reader's system. */
	readonly theme?: Theme;
}

const where = "renderSvg";
const longestLabel = 28;
const longestHeading = 80;
const slant = Math.PI / 4;

/**
 * Draws a map as one self-contained SVG picture: a row for each query, a column for each key, their words, and a
 * colour bar. Every cell says what it is when pointed at. Masked cells are grey, NaN cells crossed out. All text is
 * escaped; the picture refers to nothing outside itself and has no ids, so that many fit into one page.
 */
export function renderSvg(map: AttentionMap, options: RenderSvgOptions = {}): string {
	checkOptions(where, options, ["cellSize", "maxCells", "range", "theme"]);
	const { maxCells = 64, theme = "auto" } = options;
	checkChoice(where, "theme", theme, themes);
	checkCount(where, "maxCells", maxCells, 1);
	checkMap(where, map);
	const pooled = poolMap(map, maxCells, maxCells);
	const shown = pooled.map;
	const rows = shown.queryTokens.length;
	const columns = shown.keyTokens.length;
	const cell = options.cellSize ?? Math.min(28, Math.max(10, Math.floor(640 / columns)));
	checkCount(where, "cellSize", cell, 4);
	const range = valueRange(where, shown, options.range);

	const fontSize = Math.min(13, Math.max(6, cell - 3));
	const character = fontSize * 0.6; // the advance of common monospaced fonts
	const labelLength = (tokens: readonly string[]): number =>
		largest(tokens.map((token) => Math.min(longestLabel, displayWidth(visibleToken(token))))) * character;
	const keyLength = labelLength(shown.keyTokens);
	const upright = keyLength <= cell;
	const heading = headingOf(map);
	const note = poolingNote(pooled);
	const left = Math.ceil(34 + labelLength(shown.queryTokens)); // whole pixels keep the cells crisp
	const headerHeight = upright ? fontSize + 6 : keyLength * Math.sin(slant) + fontSize;
	const top = Math.ceil((heading === "" ? 4 : 28) + 22 + headerHeight);
	const overhang = upright ? 0 : keyLength * Math.cos(slant) + 6;
	const barTop = top + rows * cell + 18;
	const width = Math.ceil(
		Math.max(
			left + columns * cell + overhang,
			left + Math.max(legendWidth, note.length * 6.8),
			headingWidth(heading),
		) + 8,
	);
	const height = Math.ceil(barTop + 34 + (note === "" ? 0 : 18));

	const { query = "query", key = "key" } = shown.axisLabels ?? {};
	const summary = `${rows} × ${columns} cells: each row is a ${query}, each column a ${key}; weights from ${wordWeight(range[0])} to ${wordWeight(range[1])}. ${strongest(shown)}${note}`;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" class="heed-map" role="img" aria-label="${escapeXml(`Attention map ${heading}`.trim())}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${fontSize}">`,
		`<title>${escapeXml(heading || "Attention map")}</title><desc>${escapeXml(summary)}</desc>`,
		`<style>${themeStyle(".heed-map", theme)}.heed-map{background:var(--heed-surface)}.heed-map text{fill:var(--heed-ink);unicode-bidi:isolate}.heed-map .muted{fill:var(--heed-muted)}.heed-map .masked{fill:var(--heed-masked)}.heed-map .nan{stroke:var(--heed-alarm);stroke-width:1.5;fill:none}.heed-map .cell{shape-rendering:crispEdges}.heed-map .cell:hover{stroke:var(--heed-ink);stroke-width:2}</style>`,
		heading === ""
			? ""
			: `<text x="8" y="20" font-size="14" font-weight="600">${shortText(heading, longestHeading)}</text>`,
		`<text class="muted" x="${left}" y="${(heading === "" ? 4 : 28) + 12}" font-size="11">${shortText(key, longestLabel)} →</text>`,
		`<text class="muted" transform="translate(16 ${top + rows * cell}) rotate(-90)" font-size="11">← ${shortText(query, longestLabel)}</text>`,
		...shown.keyTokens.map((token, k) =>
			k % everyLabel(pooled.keys, columns) > 0
				? ""
				: keyLabel(token, left + (k + 0.5) * cell, top - 6, upright),
		),
		...shown.queryTokens.map((token, q) =>
			q % everyLabel(pooled.queries, rows) > 0
				? ""
				: `<text x="${left - 8}" y="${round(top + (q + 0.5) * cell)}" dominant-baseline="central" text-anchor="end">${shortText(token, longestLabel, visibleToken)}</text>`,
		),
		...drawCells(shown, range, left, top, cell),
		colorBar(shown, range, left, barTop),
		note === ""
			? ""
			: `<text class="muted" x="${left}" y="${barTop + 46}" font-size="11">${escapeXml(note)}</text>`,
		"</svg>",
	].join("");
}

function drawCells(map: AttentionMap, range: ValueRange, left: number, top: number, cell: number): string[] {
	const columns = map.keyTokens.length;
	const [queries = [], keys = []] = [map.queryTokens, map.keyTokens].map((tokens) =>
		tokens.map((token) => escapeXml(shortName(token))),
	);
	return Array.from({ length: map.weights.length }, (_, index) => {
		const x = left + (index % columns) * cell;
		const y = top + Math.floor(index / columns) * cell;
		const weight = map.weights[index] ?? Number.NaN;
		const name = `${queries[Math.floor(index / columns)]} → ${keys[index % columns]}`;
		const box = `x="${round(x)}" y="${round(y)}" width="${cell}" height="${cell}"`;
		if (!isAllowed(map, index))
			return `<rect class="cell masked" ${box}><title>${name} masked</title></rect>`;
		if (!Number.isNaN(weight)) {
			const fill = hexColor(viridis(positionInRange(weight, range)));
			return `<rect class="cell" ${box} fill="${fill}"><title>${name} ${wordWeight(weight)}</title></rect>`;
		}
		const cross = `M${round(x + 2)} ${round(y + 2)}l${cell - 4} ${cell - 4}m0 ${4 - cell}l${4 - cell} ${cell - 4}`;
		return `<g><title>${name} NaN</title><rect class="cell masked" ${box}/><path class="nan" d="${cross}"/></g>`;
	});
}

function keyLabel(token: string, x: number, y: number, upright: boolean): string {
	return upright
		? `<text x="${round(x)}" y="${round(y)}" text-anchor="middle">${shortText(token, longestLabel, visibleToken)}</text>`
		: `<text transform="translate(${round(x + 2)} ${round(y)}) rotate(-45)">${shortText(token, longestLabel, visibleToken)}</text>`;
}

/** One sentence for those who cannot see the picture. */
function strongest(map: AttentionMap): string {
	const best = strongestCell(map);
	if (best < 0) return "";
	const columns = map.keyTokens.length;
	const query = shortName(map.queryTokens[Math.floor(best / columns)] ?? "");
	const key = shortName(map.keyTokens[best % columns] ?? "");
	return `Strongest: ${query} → ${key} ${wordWeight(map.weights[best] ?? Number.NaN)}. `;
}

/** A word where it is one of many. */
const shortName = (token: string): string => truncate(visibleToken(token), 2 * longestLabel);

/** Numbers at pooled cells say enough when some of them are shown. */
const everyLabel = (group: number, count: number): number => (group > 1 ? Math.ceil(count / 16) : 1);

const headingWidth = (heading: string): number =>
	Math.min(displayWidth(heading), longestHeading) * 14 * 0.62 + 8;

/** Coordinates need no more than two decimals. */
const round = (value: number): number => Math.round(value * 100) / 100;
