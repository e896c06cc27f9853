import { type HtmlReport, renderHtml } from "@heed/viz";
import type { Score } from "./score.ts";
import type { Settings } from "./settings.ts";
import { alignmentMap, type Translation } from "./translation.ts";

/** The numbers of one epoch. */
export interface EpochRecord {
	/** From 1. */
	readonly epoch: number;
	readonly loss: number;
	readonly validationLoss: number;
}

/** What a report tells. */
export interface TrainingSummary {
	readonly settings: Settings;
	readonly history: readonly EpochRecord[];
	readonly score: Score;
	/** Numbers for people, by name: pairs, weights, minutes … */
	readonly facts: readonly (readonly [name: string, value: string | number])[];
	/** Held-out texts with their alignments. */
	readonly samples: readonly Translation[];
	/** Held-out texts that went wrong, with what was expected. */
	readonly mistakes: readonly { readonly source: string; readonly got: string; readonly expected: string }[];
}

/** Writes the report of a training as one HTML page that needs nothing else. */
export function renderReport(summary: TrainingSummary): string {
	const { settings, history, score, facts, samples, mistakes } = summary;
	const subject = settings.model.task === "dates" ? "dates to ISO 8601" : "sentence pairs";
	const best = history.reduce<EpochRecord | undefined>(
		(least, record) => (least === undefined || record.validationLoss < least.validationLoss ? record : least),
		undefined,
	);
	const report: HtmlReport = {
		title: `Translator with ${settings.model.attention} attention: ${subject}`,
		sections: [
			{ facts: [[`held-out ${score.name}`, score.value.toFixed(2)], ...facts], text: score.text },
			{
				heading: "Training",
				text:
					best === undefined
						? "No epoch has run."
						: `The weights are those after epoch ${best.epoch}, where the validation loss is lowest.`,
				charts: history.length === 0 ? [] : [lossChart(history)],
			},
			{
				heading: "Where it looks",
				text: [
					"Each row is a token of the translation, each column one of the source; the row's weights add up to 1. " +
						"⏎ is the end of a text.",
					"The weights say where the model reads. They do not prove why it writes what it writes.",
				],
				maps: samples.map(alignmentMap).filter((map) => map !== undefined),
			},
			...(mistakes.length === 0
				? []
				: [
						{
							heading: score.name === "BLEU" ? "Held-out translations" : "Mistakes",
							tables: [
								{
									columns: ["source", "translation", "expected"],
									rows: mistakes.map(({ source, got, expected }) => [source, got, expected]),
								},
							],
						},
					]),
			{
				heading: "Settings",
				tables: [
					{
						columns: ["name", "value"],
						rows: Object.entries({ ...settings.model, ...settings.run }).map(([name, value]) => [
							name,
							String(value),
						]),
					},
				],
			},
		],
	};
	return renderHtml(report);
}

function lossChart(
	history: readonly EpochRecord[],
): NonNullable<HtmlReport["sections"][number]["charts"]>[number] {
	return {
		title: "Cross entropy per token",
		xLabel: "epoch",
		yLabel: "loss",
		yScale: "log",
		series: [
			{ name: "training", points: history.map(({ epoch, loss }) => [epoch, loss] as const) },
			{
				name: "validation",
				points: history.map(({ epoch, validationLoss }) => [epoch, validationLoss] as const),
			},
		],
	};
}
