import { textTable } from "@heed/command-line";
import { renderHtml } from "@heed/viz";
import type { Comparison, Entry } from "./comparison.ts";
import { lookingText } from "./report.ts";
import { alignmentMap } from "./translation.ts";

type Column = readonly [name: string, cell: (entry: Entry) => string | number];

const fixed = (value: number | undefined, digits: number): string =>
	value === undefined ? "–" : value.toFixed(digits);

function columnsOf({ task, entries }: Comparison): Column[] {
	const aligned = entries.some(({ alignment }) => alignment !== undefined);
	return [
		["", ({ name }) => name],
		...(task === "dates"
			? [["exact match %", ({ score }) => fixed(score?.value, 2)] satisfies Column]
			: [
					["BLEU", ({ score }) => fixed(score?.value, 2)] satisfies Column,
					["chrF", ({ chrf }) => fixed(chrf?.value, 2)] satisfies Column,
				]),
		...(aligned
			? [["AER %", ({ alignment }) => fixed(alignment && 100 * alignment.errorRate, 1)] satisfies Column]
			: []),
		["processor minutes", ({ processorMinutes }) => fixed(processorMinutes, 1)],
		["weights", ({ weights }) => weights.toLocaleString("en-US")],
		["epochs", ({ epochs, bestEpoch }) => `${epochs}, best ${bestEpoch}`],
	];
}

function finishedOf(comparison: Comparison): readonly Entry[] {
	return comparison.entries.filter(({ finished }) => finished);
}

/** The comparison as a table of text. */
export function comparisonTable(comparison: Comparison): string {
	const columns = columnsOf(comparison);
	const rows = [
		columns.map(([name]) => name),
		...finishedOf(comparison).map((entry) => columns.map(([, cell]) => cell(entry))),
	];
	return textTable(rows, { align: "right" });
}

/** The comparison as one HTML page that needs nothing else, with a picture of each. */
export function renderComparison(comparison: Comparison): string {
	const columns = columnsOf(comparison);
	const finished = finishedOf(comparison);
	const [first] = finished;
	const subject = comparison.task === "dates" ? "dates to ISO 8601" : "sentence pairs";
	const maps = finished
		.map(({ name, sample }) => {
			const map = sample && alignmentMap({ ...sample, weights: Float32Array.from(sample.weights) });
			return map && { ...map, title: `${name}: ${map.title}` };
		})
		.filter((map) => map !== undefined);
	return renderHtml({
		title: `Translators compared: ${subject}`,
		sections: [
			{
				...(first && {
					facts: [
						["training pairs", first.pairs[0]],
						["held-out texts", first.pairs[2]],
						["seed", first.settings.model.seed],
					],
				}),
				text: [
					"All learn from the same pairs in the same order, from the same seed. One seed says little: differences of a few " +
						"tenths are chance.",
					"Processor minutes are how long it worked, judging included; where several cores are free, the clock may say less.",
					"AER, the alignment error rate, is 0 where each token of the true translation, which is fed, is looked up where it " +
						"comes from. A model may translate well and look elsewhere: what its encoder says of a place tells of others too.",
				],
				tables: [
					{
						columns: columns.map(([name]) => name),
						rows: finished.map((entry) => columns.map(([, cell]) => cell(entry))),
					},
				],
			},
			...(maps.length === 0
				? []
				: [
						{
							heading: "Where they look",
							text: lookingText(finished.map(({ settings }) => settings.model)),
							maps,
						},
					]),
		],
	});
}
