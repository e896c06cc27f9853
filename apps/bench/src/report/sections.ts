import type { Row } from "../measure/row.ts";

/** The rows under each heading, in the order in which the headings first come. */
export function bySection(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
	const sections = new Map<string, Row[]>();
	for (const row of rows) sections.set(row.section, [...(sections.get(row.section) ?? []), row]);
	return sections;
}

/** The rows of each workload. */
export function byWorkload(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
	const workloads = new Map<string, Row[]>();
	for (const row of rows) workloads.set(row.workload, [...(workloads.get(row.workload) ?? []), row]);
	return workloads;
}
