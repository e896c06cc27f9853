import { type ContenderId, contenderIds } from "../contenders/contender.ts";
import { isMeasured, type Row } from "../measure/row.ts";
import { bytes, short, times } from "./format-number.ts";
import { profileTables } from "./profile-tables.ts";
import type { Report } from "./report.ts";
import { rowCells, rowColumns, targetCells, targetColumns } from "./row-cells.ts";
import { bySection, byWorkload } from "./sections.ts";
import { conditions, explanations } from "./words.ts";

/** The report as Markdown: targets, one line per workload, and everything. */
export function markdownReport(report: Report): string {
	return [
		"# Benchmarks",
		conditions(report)
			.map((line) => `- ${line}`)
			.join("\n"),
		explanations.join(" "),
		"## Targets",
		table(targetColumns, report.targets.map(targetCells)),
		"## Summary",
		"Median milliseconds, in brackets how many times as long as heed; GFLOP/s of heed.",
		...summary(report.rows),
		"## Everything",
		...[...bySection(report.rows)].flatMap(([section, rows]) => [
			`### ${section}`,
			table(
				rowColumns,
				rows.map((row) => {
					const { cells, reason } = rowCells(row);
					return reason === undefined ? cells : [...cells, reason];
				}),
			),
		]),
		...profileTables(report.rows).flatMap(({ title, columns, lines }) => [
			`### Where the time goes: ${title}`,
			table(columns, lines),
		]),
	]
		.join("\n\n")
		.concat("\n");
}

/** One table for each section, a line per workload, a column per contender. */
function summary(rows: readonly Row[]): string[] {
	return [...bySection(rows)].flatMap(([section, ofSection]) => {
		const present = contenderIds.filter((id) => ofSection.some(({ contender }) => contender === id));
		const watched = present.filter((id) => ofSection.some((row) => row.contender === id && heapOf(row)));
		const columns = [
			["", "left"] as const,
			...present.map((id) => [id, "right"] as const),
			["GFLOP/s", "right"] as const,
			...watched.map((id) => [`heap, ${id}`, "right"] as const),
		];
		const lines = [...byWorkload(ofSection).values()].map((ofWorkload) => {
			const of = (id: ContenderId): Row | undefined => ofWorkload.find(({ contender }) => contender === id);
			const heed = of("heed");
			const speed = heed && isMeasured(heed) ? short(heed.gflops) : "–";
			const medians = present.map((id) => timeCell(of(id)));
			return [ofWorkload[0]?.title ?? "", ...medians, speed, ...watched.map((id) => heapOf(of(id)) ?? "–")];
		});
		return [`**${section}**`, table(columns, lines)];
	});
}

function timeCell(row: Row | undefined): string {
	if (row === undefined || !isMeasured(row)) return "–";
	const { median, ratio, contender, label } = row;
	const extra = label.slice(contender.length); // " + fill-ins"
	return contender === "heed" || ratio === undefined
		? short(median)
		: `${short(median)} (${times(ratio)}${extra === "" ? "" : `,${extra}`})`;
}

function heapOf(row: Row | undefined): string | undefined {
	const heap = row !== undefined && isMeasured(row) ? row.memory?.heapBytes : undefined;
	return heap === undefined ? undefined : bytes(heap);
}

/** A table; short lines are filled with empty cells. */
export function table(
	columns: readonly (readonly [name: string, align: "left" | "right"])[],
	lines: readonly (readonly string[])[],
): string {
	const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(" | ")} |`;
	return [
		line(columns.map(([name]) => name)),
		`|${columns.map(([, align]) => (align === "right" ? " ---: " : " --- ")).join("|")}|`,
		...lines.map((cells) => line(columns.map((_, column) => cells[column] ?? ""))),
	].join("\n");
}

function escapeCell(cell: string): string {
	return cell.replaceAll("|", "\\|").replaceAll("\n", " ");
}
