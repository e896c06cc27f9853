import { type ChartSeries, renderLineChart } from "@heed/viz";
import { contenderIds } from "../contenders/contender.ts";
import { isMeasured, type MeasuredRow, type Row } from "../measure/row.ts";

/** A picture and the name of its file. */
export interface Chart {
	readonly file: string;
	readonly svg: string;
}

/** Time and memory of attention by length; none where fewer than two lengths were measured. */
export function lengthCharts(rows: readonly Row[]): Chart[] {
	const ofLengths = rows.filter(({ workload }) => workload.startsWith("length/"));
	return [
		...chart(ofLengths, {
			file: "time-by-length.svg",
			title: "Attention forward, one head of 64: time by length",
			yLabel: "milliseconds",
			value: ({ median }) => median,
		}),
		...chart(ofLengths, {
			file: "memory-by-length.svg",
			title: "Attention forward, one head of 64: memory by length",
			yLabel: "MB beside operands and result",
			value: ({ memory }) =>
				memory === undefined ? Number.NaN : Math.max(memory.tensorBytes, memory.heapBytes ?? 0) / 1e6,
		}),
	];
}

interface ChartKind {
	readonly file: string;
	readonly title: string;
	readonly yLabel: string;
	/** Not finite where there is nothing to draw. */
	readonly value: (row: MeasuredRow) => number;
}

function chart(rows: readonly Row[], { file, title, yLabel, value }: ChartKind): Chart[] {
	const longest = Math.max(...rows.map(lengthOf));
	const series = contenderIds.flatMap((id): ChartSeries[] => {
		const own = rows.filter(({ contender }) => contender === id);
		const points = own
			.filter(isMeasured)
			.map((row): [number, number] => [lengthOf(row), value(row)])
			.filter(([, y]) => y > 0);
		const last = points.at(-1)?.[0] ?? 0;
		if (points.length < 2) return [];
		const ends = last < longest ? ` ≤ ${last}` : ""; // short: names have to stand beside each other
		return [{ name: `${own[0]?.label ?? id}${ends}`, points }];
	});
	if (series.length === 0) return [];
	const svg = renderLineChart({ title, xLabel: "length", yLabel, xScale: "log", yScale: "log", series });
	return [{ file, svg }];
}

function lengthOf({ workload }: Row): number {
	return Number(workload.split("/")[1]);
}
