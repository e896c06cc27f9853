import { type HtmlSection, type HtmlTable, renderHtml } from "@heed/viz";
import type { Compared } from "./comparison.ts";
import type { Sample, ScoreRow } from "./judge.ts";
import { sampleSection, scoreCells, scoreColumns } from "./report.ts";
import type { ComparedName } from "./settings.ts";

/** The names of what is compared, as they are written. */
const titles: Readonly<Record<ComparedName, string>> = {
	soft: "soft attention",
	hard: "hard attention",
	sca: "SCA-CNN, channels then places",
	"sca-sc": "SCA-CNN, places then channels",
	none: "no attention",
};

/** A table of each held-out set: a row for each attention, and what the scores are worth. */
export function comparisonTables(compared: readonly Compared[]): HtmlTable[] {
	const [first] = compared;
	if (first === undefined) return [];
	const checked = first.rows.some(({ score }) => score.true !== undefined);
	const tells = (row: ScoreRow): boolean => row.captions === "greedy" || row.captions.startsWith("beam");
	return [...new Set(first.rows.map(({ set }) => set))].map((set) => ({
		caption: set,
		columns: ["attention", "captions", ...scoreColumns(checked), "weights", "minutes"],
		rows: [
			...compared.flatMap(({ name, rows, weights, minutes }) =>
				rows
					.filter((row) => row.set === set && tells(row))
					.map(({ captions, score }) => [
						titles[name],
						captions,
						...scoreCells(score, checked),
						weights,
						Number(minutes.toFixed(1)),
					]),
			),
			...first.rows
				.filter((row) => row.set === set && !tells(row))
				.map(({ captions, score }) => ["", captions, ...scoreCells(score, checked), "", ""]),
		],
	}));
}

/** The tables for a terminal. */
export function comparisonText(compared: readonly Compared[]): string {
	return comparisonTables(compared)
		.map(({ caption, columns, rows }) => {
			const lines = [columns, ...rows].map((row) => row.map(String));
			const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
			const table = lines.map((line) =>
				line
					.map((cell, i) => cell.padEnd(widths[i] ?? 0))
					.join("  ")
					.trimEnd(),
			);
			return [caption, ...table].join("\n");
		})
		.join("\n\n");
}

/** Writes the page of a comparison: the tables, and what each says of the same pictures and where it looks. */
export function renderComparison(
	compared: readonly Compared[],
	samples: ReadonlyMap<ComparedName, readonly Sample[]>,
): string {
	const shown = compared.flatMap(({ name }) =>
		(samples.get(name) ?? []).map((sample, i) => ({ name, sample, i })),
	);
	const pictures = shown.sort((one, other) => one.i - other.i);
	return renderHtml({
		title: "Captions: kinds of attention compared",
		sections: [
			{
				text: "All learned from the same pictures with the same seed. Minutes are of the processor, with the judging.",
				tables: comparisonTables(compared),
			},
			...pictures.map(({ name, sample }): HtmlSection => {
				const section = sampleSection(sample, name !== "none");
				return { ...section, heading: `${sample.picture.name}, ${titles[name]}: ${section.heading}` };
			}),
		],
	});
}
