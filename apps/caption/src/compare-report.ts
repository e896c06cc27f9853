import { textTable } from "@heed/command-line";
import { type HtmlSection, type HtmlTable, renderHtml } from "@heed/viz";
import type { Compared } from "./comparison.ts";
import type { Sample, ScoreRow } from "./judge.ts";
import { sampleSection, scoreCells, scoreColumns } from "./report.ts";
import type { ComparedName } from "./settings.ts";

/** The names of what is compared, as they are written. */
const titles: Readonly<Record<ComparedName, string>> = {
	soft: "soft",
	hard: "hard",
	sca: "SCA-CNN C-S",
	"sca-sc": "SCA-CNN S-C",
	none: "none",
};

/** What each took, and a table of each held-out set: a row for each attention, and what the scores are worth. */
export function comparisonTables(compared: readonly Compared[]): HtmlTable[] {
	const [first] = compared;
	if (first === undefined) return [];
	const checked = first.rows.some(({ score }) => score.true !== undefined);
	const tells = (row: ScoreRow): boolean => row.captions === "greedy" || row.captions.startsWith("beam");
	const sets = [...new Set(first.rows.map(({ set }) => set))];
	return [
		{
			columns: ["attention", "epochs", "weights", "minutes"],
			rows: compared.map(({ name, settings, weights, minutes }) => [
				...[titles[name], settings.run.epochs, weights, Number(minutes.toFixed(1))],
			]),
		},
		...sets.map((set): HtmlTable => {
			const ofSet = (rows: readonly ScoreRow[], told: boolean): ScoreRow[] =>
				rows.filter((row) => row.set === set && tells(row) === told);
			const line = (name: string, { captions, score }: ScoreRow): (string | number)[] => [
				...[name, captions, ...scoreCells(score, checked)],
			];
			return {
				caption: set,
				columns: ["attention", "captions", ...scoreColumns(checked)],
				rows: [
					...compared.flatMap(({ name, rows }) => ofSet(rows, true).map((row) => line(titles[name], row))),
					...ofSet(first.rows, false).map((row) => line("", row)),
				],
			};
		}),
	];
}

/** The tables for a terminal. */
export function comparisonText(compared: readonly Compared[]): string {
	return comparisonTables(compared)
		.map(({ caption, columns, rows }) => {
			const table = textTable([columns, ...rows]);
			return caption === undefined ? table : `${caption}\n${table}`;
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
				text:
					"All learned from the same pictures with the same seed. Minutes are of the processor, with the judging; C-S weighs " +
					"channels, then places, S-C places, then channels. Shares are of 100.",
				tables: comparisonTables(compared),
			},
			...pictures.map(({ name, sample }): HtmlSection => {
				const section = sampleSection(sample, name !== "none");
				return { ...section, heading: `${sample.picture.name}, ${titles[name]}: ${section.heading}` };
			}),
		],
	});
}
