import { isMeasured, type MeasuredRow, type Row } from "../measure/row.ts";
import { short } from "./format-number.ts";
import { byWorkload } from "./sections.ts";

/** Kernels that take less than this share of everybody's run go together. */
const least = 0.02;

/** Where the time of one workload goes, kernel by kernel, in the hands of everybody who was profiled. */
export interface ProfileTable {
	readonly title: string;
	readonly columns: readonly (readonly [name: string, align: "left" | "right"])[];
	readonly lines: readonly (readonly string[])[];
}

/** One table for each workload that was profiled. */
export function profileTables(rows: readonly Row[]): ProfileTable[] {
	return [...byWorkload(rows).values()].flatMap((ofWorkload) => {
		const profiled = ofWorkload.filter(
			(row): row is MeasuredRow => isMeasured(row) && row.profile !== undefined,
		);
		return profiled.length === 0 ? [] : [profileTable(profiled)];
	});
}

function profileTable(rows: readonly MeasuredRow[]): ProfileTable {
	const times = rows.map(({ profile = [] }) => new Map(profile.map((time) => [time.kernel, time])));
	const largest = (kernel: string): number =>
		Math.max(...times.map((of) => of.get(kernel)?.milliseconds ?? 0));
	const kernels = [...new Set(times.flatMap((of) => [...of.keys()]))].sort((a, b) => largest(b) - largest(a));
	const matters = (kernel: string): boolean =>
		rows.some(({ median }, i) => (times[i]?.get(kernel)?.milliseconds ?? 0) >= least * median);
	const shown = kernels.filter(matters);
	const rest = (of: ReadonlyMap<string, { readonly milliseconds: number }>): number =>
		[...of].reduce((sum, [kernel, time]) => (shown.includes(kernel) ? sum : sum + time.milliseconds), 0);
	const all = (of: ReadonlyMap<string, { readonly milliseconds: number }>): number =>
		[...of.values()].reduce((sum, { milliseconds }) => sum + milliseconds, 0);
	const [first] = rows;
	return {
		title: `${first?.section ?? ""}: ${first?.title ?? ""}`,
		columns: [
			["kernel", "left"],
			...rows.flatMap(({ label }) => [[`${label}, ms`, "right"] as const, ["calls", "right"] as const]),
		],
		lines: [
			...shown.map((kernel) => [
				kernel,
				...times.flatMap((of) => {
					const time = of.get(kernel);
					return time === undefined ? ["–", "–"] : [short(time.milliseconds), short(time.calls)];
				}),
			]),
			["other kernels", ...times.flatMap((of) => [short(rest(of)), ""])],
			// What is profiled runs with clocks in it; where they cost more than they find, nothing is left.
			[
				"outside of kernels",
				...rows.flatMap(({ median }, i) => [short(Math.max(0, median - all(times[i] ?? new Map()))), ""]),
			],
		],
	};
}
