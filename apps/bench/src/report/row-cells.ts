import type { MemoryUse } from "../contenders/contender.ts";
import { isMeasured, type Row } from "../measure/row.ts";
import { bytes, short, times } from "./format-number.ts";
import type { Verdict } from "./targets.ts";

/** The columns of the full table, and how each is aligned. */
export const rowColumns: readonly (readonly [name: string, align: "left" | "right"])[] = [
	["workload", "left"],
	["contender", "left"],
	["median ms", "right"],
	["middle half", "right"],
	["runs", "right"],
	["GFLOP/s", "right"],
	["tensors", "right"],
	["heap", "right"],
	["time / heed", "right"],
];

/** The cells of a row; what was not measured has its reason instead of numbers. */
export function rowCells(row: Row): { readonly cells: readonly string[]; readonly reason?: string } {
	const { title, label } = row;
	if (!isMeasured(row)) {
		return {
			cells: [title, label],
			reason: "skipped" in row ? `skipped: ${row.skipped}` : `FAILED: ${row.failed}`,
		};
	}
	const { median, lower, upper, samples, gflops, memory, ratio } = row;
	return {
		cells: [
			title,
			label,
			short(median),
			`${short(lower)} – ${short(upper)}`,
			String(samples.length),
			short(gflops),
			memoryCell(memory?.tensorBytes),
			memoryCell(memory?.heapBytes),
			ratio === undefined ? "–" : times(ratio),
		],
	};
}

/** The columns of the table of targets. */
export const targetColumns: readonly (readonly [name: string, align: "left" | "right"])[] = [
	["target", "left"],
	["wanted", "left"],
	["measured", "right"],
	["", "left"],
];

/** The cells of a target. */
export function targetCells({
	what,
	bound,
	value,
	aim,
	unit,
	measured,
	reached,
}: Verdict): readonly string[] {
	const amount = (number: number): string => (unit === "×" ? times(number) : `${short(number)} ${unit}`);
	const wanted = `${bound === "at least" ? "≥" : "≤"} ${value}${unit === "×" ? unit : ` ${unit}`}`;
	return [
		what,
		aim === undefined ? wanted : `${wanted}, aim ${aim}${unit}`,
		measured === undefined ? "–" : amount(measured),
		reached === undefined ? "not measured" : reached ? "reached" : "NOT REACHED",
	];
}

function memoryCell(value: MemoryUse["heapBytes"]): string {
	return value === undefined ? "–" : bytes(value);
}
