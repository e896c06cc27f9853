import { textTable } from "@heed/command-line";
import { renderHtml } from "@heed/viz";
import { lookImages } from "./look.ts";
import { lookingText } from "./report.ts";
import type { Outcome } from "./train-network.ts";

type Column = readonly [name: string, cell: (outcome: Outcome) => string | number];

const columns: readonly Column[] = [
	["spatial transformer", ({ settings }) => settings.model.transform],
	["error %", ({ verdict }) => verdict.score.error.toFixed(2)],
	["wrong", ({ verdict }) => `${verdict.score.wrong} of ${verdict.score.count}`],
	["weights", ({ trained }) => trained.weights.toLocaleString("en-US")],
	["epochs", ({ trained }) => `${trained.epochs}, best ${trained.bestEpoch}`],
];

/** The comparison as a table of text. */
export function comparisonTable(outcomes: readonly Outcome[]): string {
	const rows = [
		columns.map(([name]) => name),
		...outcomes.map((outcome) => columns.map(([, cell]) => cell(outcome))),
	];
	return textTable(rows, { align: "right" });
}

/** The comparison as one HTML page that needs nothing else, with the pictures of each. */
export function renderComparison(outcomes: readonly Outcome[]): string {
	const [first] = outcomes;
	return renderHtml({
		title: "With a spatial transformer and without",
		sections: [
			{
				...(first && {
					facts: [
						["distortion", first.settings.model.distortion],
						["digits to learn from", first.pictures[0]],
						["held-out pictures", first.pictures[1]],
						["seed", first.settings.model.seed],
					],
				}),
				text:
					"All learn from the same pictures in the same order, from the same seed, and are judged by the same pictures. Behind " +
					"a transformer the convolutions see its crop; without one, the whole picture, for which the layer behind them has " +
					"more weights.",
				tables: [
					{
						columns: columns.map(([name]) => name),
						rows: outcomes.map((outcome) => columns.map(([, cell]) => cell(outcome))),
					},
				],
			},
			...outcomes.map(({ settings, verdict }) => ({
				heading: settings.model.transform,
				text: lookingText(settings.model),
				images: verdict.samples.flatMap(lookImages),
			})),
		],
	});
}
