import { positionInRange } from "../attention-map.ts";
import { displayWidth } from "../display-width.ts";
import { checkChoice, checkOptions, VizError } from "../errors.ts";
import { largest } from "../largest.ts";
import { escapeXml, shortText } from "./escape-xml.ts";
import { seriesColors, type Theme, themeStyle, themes } from "./theme.ts";
import { logTicks, logTicksWithin, ticks, wordTick } from "./ticks.ts";

/** One line of a chart. */
export interface ChartSeries {
	readonly name: string;
	/** Pairs of x and y in the order of x. The line has a gap where y is not finite. */
	readonly points: readonly (readonly [x: number, y: number])[];
}

/** A chart of lines over one pair of axes, such as a training curve. */
export interface LineChart {
	readonly title?: string;
	readonly xLabel?: string;
	readonly yLabel?: string;
	/** At least one. */
	readonly series: readonly ChartSeries[];
	/** `log` for places over several powers of ten, such as sizes that double; there is none at 0 or below. Default `linear`. */
	readonly xScale?: "linear" | "log";
	/** `log` for values over several powers of ten, all above 0. Default `linear`. */
	readonly yScale?: "linear" | "log";
}

/** Options of {@link renderLineChart}. */
export interface RenderLineChartOptions {
	/** Default `auto`: as the reader's system. */
	readonly theme?: Theme;
}

const where = "renderLineChart";
const width = 640;
const height = 320;
const longestName = 40;
const dashes = ["", "6 3", "2 3", "8 3 2 3", "12 4", "1 4"];
const bends = { linear: (value: number): number => value, log: Math.log10 };

/** Whether a point has a place in the chart. */
type Usable = (point: ChartSeries["points"][number]) => boolean;

/** Draws a chart as one self-contained SVG picture. Lines differ in colour and in their dashes. */
export function renderLineChart(chart: LineChart, options: RenderLineChartOptions = {}): string {
	checkOptions(where, options, ["theme"]);
	const { theme = "auto" } = options;
	checkChoice(where, "theme", theme, themes);
	const { title = "", xLabel = "", yLabel = "", series, xScale = "linear", yScale = "linear" } = chart;
	checkChoice(where, "xScale", xScale, ["linear", "log"]);
	checkChoice(where, "yScale", yScale, ["linear", "log"]);
	const usable: Usable = ([x, y]) => fits(x, xScale) && fits(y, yScale);
	const points = series.flatMap((line) => line.points).filter(usable);
	if (points.length === 0) {
		const positive = xScale === "log" || yScale === "log" ? " positive" : "";
		const found = `${series.length} series without a${positive} finite point`;
		throw new VizError("VALUE", where, `${found}: there is nothing to draw.`);
	}

	const [xMin, xMax] = extent(points.map(([x]) => x));
	const [yMin, yMax] = extent(points.map(([, y]) => y));
	const yTicks = yScale === "log" ? logTicks(yMin, yMax) : ticks(yMin, yMax, 5);
	const inside = xScale === "log" ? logTicksWithin(xMin, xMax) : ticks(xMin, xMax, 8);
	const xTicks = inside.filter((x) => x >= xMin && x <= xMax);
	const left = largest(yTicks.map((y) => displayWidth(wordTick(y)))) * 7 + (yLabel === "" ? 16 : 34);
	const top = title === "" ? 40 : 64;
	const right = width - 16;
	const bottom = height - (xLabel === "" ? 32 : 50);
	const [bendX, bendY] = [bends[xScale], bends[yScale]];
	const across: [number, number] = [bendX(xMin), bendX(xMax)];
	const up: [number, number] = [bendY(yTicks[0] ?? 0), bendY(yTicks.at(-1) ?? 1)];
	const px = (x: number): number =>
		round(
			across[0] === across[1]
				? (left + right) / 2
				: left + positionInRange(bendX(x), across) * (right - left),
		);
	const py = (y: number): number => round(bottom - positionInRange(bendY(y), up) * (bottom - top));

	const lines = series.map(({ name, points: line }, i) => {
		const style = `class="line" style="stroke:var(--heed-s${i % seriesColors})"`;
		const dash = dashes[i % dashes.length];
		const paths = runs(line, usable).map((run) =>
			run.length === 1
				? `<circle cx="${px(run[0]?.[0] ?? 0)}" cy="${py(run[0]?.[1] ?? 0)}" r="2.5" style="fill:var(--heed-s${i % seriesColors})"/>`
				: `<polyline ${style}${dash ? ` stroke-dasharray="${dash}"` : ""} points="${run.map(([x, y]) => `${px(x)},${py(y)}`).join(" ")}"/>`,
		);
		return `<g><title>${escapeXml(name)}</title>${paths.join("")}</g>`;
	});
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" class="heed-chart" role="img" aria-label="${escapeXml(title || "Line chart")}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12">`,
		`<title>${escapeXml(title || "Line chart")}</title><desc>${escapeXml(summary(series, usable))}</desc>`,
		`<style>${themeStyle(".heed-chart", theme)}.heed-chart{background:var(--heed-surface)}.heed-chart text{fill:var(--heed-ink)}.heed-chart .muted{fill:var(--heed-muted)}.heed-chart .grid{stroke:var(--heed-line);stroke-width:1}.heed-chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}</style>`,
		title === "" ? "" : `<text x="8" y="20" font-size="14" font-weight="600">${shortText(title, 80)}</text>`,
		legend(series, left, top - 18, right),
		...yTicks.map(
			(y) =>
				`<line class="grid" x1="${left}" x2="${right}" y1="${py(y)}" y2="${py(y)}"/><text class="muted" x="${left - 8}" y="${py(y)}" dominant-baseline="central" text-anchor="end">${wordTick(y)}</text>`,
		),
		...xTicks.map(
			(x) =>
				`<line class="grid" x1="${px(x)}" x2="${px(x)}" y1="${bottom}" y2="${bottom + 4}"/><text class="muted" x="${px(x)}" y="${bottom + 18}" text-anchor="middle">${wordTick(x)}</text>`,
		),
		xLabel === ""
			? ""
			: `<text class="muted" x="${(left + right) / 2}" y="${height - 10}" text-anchor="middle">${shortText(xLabel, 80)}</text>`,
		yLabel === ""
			? ""
			: `<text class="muted" transform="translate(16 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${shortText(yLabel, 36)}</text>`,
		...lines,
		"</svg>",
	].join("");
}

function legend(series: readonly ChartSeries[], left: number, y: number, right: number): string {
	let x = left;
	return series
		.map(({ name }, i) => {
			const item = `<line class="line" style="stroke:var(--heed-s${i % seriesColors})" stroke-dasharray="${dashes[i % dashes.length]}" x1="${x}" x2="${x + 22}" y1="${y}" y2="${y}"/><text x="${x + 28}" y="${y}" dominant-baseline="central">${shortText(name, longestName)}</text>`;
			x += 28 + Math.min(displayWidth(name), longestName) * 7 + 18;
			return x > right + 18 ? "" : item; // what does not fit is still in the lines' own titles
		})
		.join("");
}

/** The pieces of a line between its gaps. */
function runs(points: ChartSeries["points"], usable: Usable): ChartSeries["points"][] {
	const result: (readonly [number, number])[][] = [[]];
	for (const point of points) {
		if (usable(point)) result.at(-1)?.push(point);
		else if (result.at(-1)?.length !== 0) result.push([]);
	}
	return result.filter((run) => run.length > 0);
}

function summary(series: readonly ChartSeries[], usable: Usable): string {
	return series
		.map(({ name, points }) => {
			const values = points.filter(usable).map(([, y]) => y);
			return `${name}: from ${values[0] ?? "nothing"} to ${values.at(-1) ?? "nothing"}`;
		})
		.join("; ");
}

/** Whether a number has a place on an axis. */
function fits(value: number, scale: "linear" | "log"): boolean {
	return Number.isFinite(value) && (scale === "linear" || value > 0);
}

function extent(values: readonly number[]): [number, number] {
	return values.reduce<[number, number]>(
		([min, max], value) => [Math.min(min, value), Math.max(max, value)],
		[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
	);
}

const round = (value: number): number => Math.round(value * 100) / 100;
