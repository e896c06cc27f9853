import { type HtmlReport, type LineChart, renderHtml } from "@heed/viz";
import type { LossCurve } from "./loss-curve.ts";
import type { Score } from "./score.ts";
import type { Settings } from "./settings.ts";
import { alignmentMap, type Translation } from "./translation.ts";

/** What a report tells. */
export interface TrainingSummary {
	readonly settings: Settings;
	readonly curve: LossCurve;
	/** The epoch whose weights the model has. */
	readonly bestEpoch: number;
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
	const { settings, curve, bestEpoch, score, facts, samples, mistakes } = summary;
	const subject = settings.model.task === "dates" ? "dates to ISO 8601" : "sentence pairs";
	const report: HtmlReport = {
		title: `Translator with ${settings.model.attention} attention: ${subject}`,
		sections: [
			{ facts: [[`held-out ${score.name}`, score.value.toFixed(2)], ...facts], text: score.text },
			{
				heading: "Training",
				text: `The weights are those after epoch ${bestEpoch}, where the validation loss is lowest.`,
				charts: [lossChart(curve)],
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

function lossChart({ training, validation }: LossCurve): LineChart {
	const losses = [...training, ...validation].map(([, loss]) => loss).filter((loss) => loss > 0);
	const falls = Math.max(...losses) / Math.min(...losses);
	return {
		title: "Cross entropy per token",
		xLabel: "epoch",
		yLabel: "loss",
		yScale: falls > 100 ? "log" : "linear",
		series: [
			{ name: "training", points: training },
			{ name: "validation", points: validation },
		],
	};
}
