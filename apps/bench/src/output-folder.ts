import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, writeFileAtomically } from "@heed/io/node";
import { lengthCharts } from "./report/length-charts.ts";
import { markdownReport } from "./report/markdown-report.ts";
import type { Report } from "./report/report.ts";
import { UserError } from "./user-error.ts";

/** Where results go when nothing is said. */
export const defaultFolder = join("out", "bench");

/**
 * Makes the folder and sees that it can be written to, before anything is measured.
 *
 * @throws UserError
 */
export async function prepareFolder(path: string): Promise<void> {
	try {
		await makeFolder(path);
		await access(path, constants.W_OK);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const reason = code === "EEXIST" || code === "ENOTDIR" ? "a file is in the way" : code;
		throw new UserError(`${path}: this folder cannot be written to (${reason}). Choose another --out.`, {
			cause: error,
		});
	}
}

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
