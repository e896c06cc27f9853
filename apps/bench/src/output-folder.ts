import { join } from "node:path";
import { writeFileAtomically } from "@heed/io/node";
import { lengthCharts } from "./report/length-charts.ts";
import { markdownReport } from "./report/markdown-report.ts";
import type { Report } from "./report/report.ts";

/** Where results go when nothing is said. */
export const defaultFolder = join("out", "bench");

/**
 * Writes a report as JSON, as Markdown and, where lengths were measured, as pictures. What an earlier run left is
 * replaced.
 *
 * @returns The paths of the files.
 */
export async function writeReport(folder: string, report: Report): Promise<string[]> {
	const files: [string, string][] = [
		["report.json", `${JSON.stringify(report, null, "\t")}\n`],
		["report.md", markdownReport(report)],
		...lengthCharts(report.rows).map(({ file, svg }): [string, string] => [file, svg]),
	];
	for (const [name, content] of files) await writeFileAtomically(join(folder, name), content);
	return files.map(([name]) => join(folder, name));
}
