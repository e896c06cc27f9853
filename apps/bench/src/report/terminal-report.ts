import { profileTables } from "./profile-tables.ts";
import type { Report } from "./report.ts";
import { rowCells, rowColumns, targetCells, targetColumns } from "./row-cells.ts";
import { bySection } from "./sections.ts";
import { conditions, explanations } from "./words.ts";

/** The report as text for a terminal. */
export function terminalReport(report: Report): string {
	const parts: string[] = [];
	for (const [section, rows] of bySection(report.rows)) {
		let title = "";
		const lines = rows.map((row) => {
			const { cells, reason } = rowCells(row);
			const shown = row.title === title ? ["", ...cells.slice(1)] : cells;
			title = row.title;
			return { cells: shown, ...(reason !== undefined && { reason }) };
		});
		parts.push(`${section}\n${alignTable(rowColumns, lines)}`);
	}
	for (const { title, columns, lines } of profileTables(report.rows)) {
		const cells = lines.map((line) => ({ cells: line }));
		parts.push(`Where the time goes: ${title}\n${alignTable(columns, cells)}`);
	}
	parts.push(
		`Targets\n${alignTable(
			targetColumns,
			report.targets.map((target) => ({ cells: targetCells(target) })),
		)}`,
	);
	parts.push([...conditions(report), ...explanations].join("\n"));
	return parts.join("\n\n");
}

/** A line of a table: cells, or fewer of them and a text that runs over the rest. */
export interface TableLine {
	readonly cells: readonly string[];
	readonly reason?: string;
}

/** Lines whose columns stand below each other. */
export function alignTable(
	columns: readonly (readonly [name: string, align: "left" | "right"])[],
	lines: readonly TableLine[],
): string {
	const all: readonly TableLine[] = [{ cells: columns.map(([name]) => name) }, ...lines];
	const widths = columns.map((_, column) => Math.max(...all.map(({ cells }) => cells[column]?.length ?? 0)));
	return all
		.map(({ cells, reason }) => {
			const padded = cells.map((cell, column) => {
				const width = widths[column] ?? 0;
				return columns[column]?.[1] === "right" ? cell.padStart(width) : cell.padEnd(width);
			});
			return `  ${[...padded, ...(reason === undefined ? [] : [reason])].join("  ")}`.trimEnd();
		})
		.join("\n");
}
