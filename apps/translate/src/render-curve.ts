/** One line of a chart. */
export interface Series {
	readonly name: string;
	readonly points: readonly (readonly [x: number, y: number])[];
}

/** What {@link renderCurve} accepts. */
export interface CurveOptions {
	readonly title: string;
	readonly xLabel: string;
	readonly yLabel: string;
}

const width = 720;
const height = 280;
const margin = { top: 16, right: 16, bottom: 44, left: 60 };
// Told apart by dashes too, not by hue only.
const strokes = ["var(--curve-1, #1f6feb)", "var(--curve-2, #b35900)", "var(--curve-3, #2d7d46)"];
const dashes = ["", "6 4", "2 3"];

/**
 * A line chart as SVG, with a scale of powers of ten, because a loss falls by the same share rather than by the same
 * amount. Colours follow the page's text colour. Values that no logarithm has (0, NaN) are left out.
 */
export function renderCurve(series: readonly Series[], { title, xLabel, yLabel }: CurveOptions): string {
	const lines = series.map(({ name, points }) => ({
		name,
		points: points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y) && y > 0),
	}));
	const all = lines.flatMap(({ points }) => points);
	if (all.length === 0) return "";
	const x = scale(extent(all.map(([value]) => value)), [margin.left, width - margin.right]);
	const [low, high] = extent(all.map(([, value]) => Math.log10(value)));
	const y = scale([low, Math.max(high, low + 0.1)], [height - margin.bottom, margin.top]);

	const grid = powerTicks(low, high).map((value) => {
		const at = round(y(Math.log10(value)));
		return (
			`<line x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}" stroke="currentColor" opacity="0.15"/>` +
			`<text x="${margin.left - 8}" y="${at}" dy="0.32em" text-anchor="end">${value}</text>`
		);
	});
	const ticks = wholeTicks(extent(all.map(([value]) => value))).map(
		(value) =>
			`<text x="${round(x(value))}" y="${height - margin.bottom + 18}" text-anchor="middle">${value}</text>`,
	);
	const paths = lines.map(({ points }, i) => {
		const at = points.map(([px, py]) => `${round(x(px))} ${round(y(Math.log10(py)))}`);
		const style = `fill="none" stroke="${strokes[i % 3]}" stroke-width="2" stroke-dasharray="${dashes[i % 3]}"`;
		return `<path d="M${at.join("L")}" ${style}/>`;
	});
	const legend = lines.map(({ name }, i) => {
		const at = margin.left + 12 + i * 150;
		const style = `stroke="${strokes[i % 3]}" stroke-width="2" stroke-dasharray="${dashes[i % 3]}"`;
		return (
			`<line x1="${at}" x2="${at + 24}" y1="${height - 10}" y2="${height - 10}" ${style}/>` +
			`<text x="${at + 30}" y="${height - 10}" dy="0.32em">${escapeText(name)}</text>`
		);
	});
	return [
		`<svg class="curve" viewBox="0 0 ${width} ${height}" role="img" font-size="12" fill="currentColor">`,
		`<title>${escapeText(title)}</title>`,
		...grid,
		...ticks,
		...paths,
		...legend,
		`<text x="${width - margin.right}" y="${height - 10}" dy="0.32em" text-anchor="end">${escapeText(xLabel)}</text>`,
		`<text transform="translate(14 ${(height - margin.bottom + margin.top) / 2}) rotate(-90)" text-anchor="middle">`,
		`${escapeText(yLabel)}</text></svg>`,
	].join("");
}

type Interval = readonly [low: number, high: number];

function extent(values: readonly number[]): Interval {
	return values.reduce<[number, number]>(
		([low, high], value) => [Math.min(low, value), Math.max(high, value)],
		[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
	);
}

function scale([low, high]: Interval, [from, to]: Interval): (value: number) => number {
	const span = high - low || 1;
	return (value) => from + ((value - low) / span) * (to - from);
}

/** 1, 2 and 5 times the powers of ten between two logarithms; the powers alone when those are many. */
function powerTicks(low: number, high: number): number[] {
	const factors = high - low > 3 ? [1] : [1, 2, 5];
	const ticks: number[] = [];
	for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
		for (const factor of factors) ticks.push(Number((factor * 10 ** power).toPrecision(1)));
	}
	return ticks.filter((value) => Math.log10(value) >= low - 1e-9 && Math.log10(value) <= high + 1e-9);
}

/** At most about ten whole numbers. */
function wholeTicks([low, high]: Interval): number[] {
	const step = Math.max(1, Math.ceil((high - low) / 10));
	const first = Math.ceil(low);
	return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, i) => first + i * step);
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}

function escapeText(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
