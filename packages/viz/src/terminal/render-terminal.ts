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
import { displayWidth, pad, truncate } from "../display-width.ts";
import { checkChoice, checkCount, checkOptions } from "../errors.ts";
import { isolate } from "../isolate.ts";
import { largest } from "../largest.ts";
import { poolingNote, poolMap } from "../pool-map.ts";
import { viridis } from "../viridis.ts";
import { visibleText, visibleToken } from "../visible-token.ts";
import { alarm, background, bold, type ColorDepth, faint, reset } from "./ansi.ts";
import { cellWidthFor, columnLabels } from "./column-labels.ts";
import { wrapParts } from "./wrap-parts.ts";

/** Options of {@link renderTerminal}. */
export interface RenderTerminalOptions {
	/** `true` for true colour, `'256'` for older terminals, `false` (the default) for shades made of characters. */
	readonly color?: boolean | "truecolor" | "256";
	/** No line is wider. Default 80, at least 20. */
	readonly width?: number;
	/** More queries than this are drawn as the largest of their neighbours. Default 64. */
	readonly maxRows?: number;
	/** The weights at the ends of the colours. Default: 0 to the largest weight. */
	readonly range?: ValueRange;
}

const shades = " .:-=+*#%@";
const where = "renderTerminal";

/**
 * Draws a map as text: one row for each query, one column for each key, with their words and a legend. Words stand
 * upright over the columns where they fit and run from top to bottom where they do not; a map that is still too wide
 * or too high shows the largest weight of neighbouring keys or queries, and says so.
 */
export function renderTerminal(map: AttentionMap, options: RenderTerminalOptions = {}): string {
	checkOptions(where, options, ["color", "width", "maxRows", "range"]);
	const { color = false, width = 80, maxRows = 64 } = options;
	checkChoice(where, "color", color, [true, false, "truecolor", "256"]);
	checkCount(where, "width", width, 20);
	checkCount(where, "maxRows", maxRows, 1);
	checkMap(where, map);
	const depth: ColorDepth = color === false ? "none" : color === "256" ? "256" : "truecolor";

	// Rows first, so that only words that are shown are measured.
	const lower = poolMap(map, maxRows, Number.POSITIVE_INFINITY);
	const widest = largest(lower.map.queryTokens.map((token) => displayWidth(visibleToken(token))));
	const labelWidth = Math.min(widest, Math.floor(width * 0.4));
	const available = width - labelWidth - 1;
	const keys = map.keyTokens.length;
	let cellWidth = keys > available ? 0 : cellWidthFor(map.keyTokens.map(visibleToken), available);
	const narrower = poolMap(lower.map, maxRows, cellWidth > 0 ? keys : Math.floor(available / 2));
	const pooled = { ...narrower, queries: lower.queries };
	const shown = pooled.map;
	const keyLabels = shown.keyTokens.map(visibleToken);
	if (cellWidth === 0) cellWidth = Math.max(2, cellWidthFor(keyLabels, available));

	const range = valueRange(where, shown, options.range);
	const margin = " ".repeat(labelWidth + 1);
	const rows = shown.queryTokens.map((token, q) => {
		const label = pad(visibleToken(token), labelWidth, "right");
		return `${label} ${cells(shown, q, range, cellWidth, depth)}`;
	});
	const heading = isolate(truncate(visibleText(headingOf(map)), width));
	return [
		...(heading === "" ? [] : [depth === "none" ? heading : `${bold}${heading}${reset}`]),
		...columnLabels(keyLabels, cellWidth).map((line) => margin + line.trimEnd()),
		...rows,
		...legend(shown, range, depth, width),
		...[poolingNote(pooled)].filter(Boolean).flatMap((note) => wrapParts([note.split(" ")], width)),
	].join("\n");
}

function cells(
	map: AttentionMap,
	q: number,
	range: ValueRange,
	cellWidth: number,
	depth: ColorDepth,
): string {
	const columns = map.keyTokens.length;
	const fill = (character: string): string =>
		depth === "none" && cellWidth > 1 ? `${character.repeat(cellWidth - 1)} ` : character.repeat(cellWidth);
	let line = "";
	for (let k = 0; k < columns; k++) {
		const index = q * columns + k;
		const weight = map.weights[index] ?? Number.NaN;
		const masked = !isAllowed(map, index);
		if (depth === "none") line += fill(masked ? "/" : Number.isNaN(weight) ? "?" : shadeOf(weight, range));
		else if (masked) line += `${reset}${faint}${fill("/")}${reset}`;
		else if (Number.isNaN(weight)) line += `${alarm}${fill("?")}`;
		else line += background(viridis(positionInRange(weight, range)), depth) + fill(" ");
	}
	return depth === "none" ? line : line + reset;
}

function shadeOf(weight: number, range: ValueRange): string {
	const level = Math.min(Math.floor(positionInRange(weight, range) * shades.length), shades.length - 1);
	return shades[level] ?? " ";
}

/** The scale, what the special cells mean, and which axis is which; broken into lines that fit. */
function legend(map: AttentionMap, range: ValueRange, depth: ColorDepth, width: number): string[] {
	const [low, high] = range.map(wordWeight) as [string, string]; // one word for each end
	const length = Math.max(6, Math.min(20, width - low.length - high.length - 2));
	const steps = Array.from({ length }, (_, i) => background(viridis(i / (length - 1)), depth));
	const bar = depth === "none" ? `[${shades}]` : `${steps.map((code) => `${code} `).join("")}${reset}`;
	const indices = Array.from({ length: map.weights.length }, (_, i) => i);
	const masked = indices.some((i) => !isAllowed(map, i));
	const broken = indices.some((i) => isAllowed(map, i) && Number.isNaN(map.weights[i]));
	const { query = "query", key = "key" } = map.axisLabels ?? {};
	const parts = [
		[low, bar, high],
		...(masked ? [["/ masked"]] : []),
		...(broken ? [["? not a number"]] : []),
		["rows:", ...`${visibleText(query)}, columns: ${visibleText(key)}`.split(" ")],
	];
	return wrapParts(parts, width);
}
