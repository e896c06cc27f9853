import type { LossCurve } from "@heed/train/node";
import { type HtmlReport, type LineChart, renderHtml } from "@heed/viz";
import { recurrentOptions } from "./check-together.ts";
import type { Score } from "./score.ts";
import { modelTitle, type Settings } from "./settings.ts";
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

/** What an alignment picture shows. */
export const lookingText =
	"Each row is a token of the translation, each column one of the source; ⏎ is the end of a text. A row's weights add up " +
	"to 1, but for gaussian, monotonic and local-p attention, which may look at less, or at nothing.";

/** Writes the report of a training as one HTML page that needs nothing else. */
export function renderReport(summary: TrainingSummary): string {
	const { settings, curve, bestEpoch, score, facts, samples, mistakes } = summary;
	const subject = settings.model.task === "dates" ? "dates to ISO 8601" : "sentence pairs";
	const report: HtmlReport = {
		title: `${modelTitle(settings.model)}: ${subject}`,
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
					lookingText,
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
						rows: Object.entries(shownSettings(settings)).map(([name, value]) => [name, String(value)]),
					},
				],
			},
		],
	};
	return renderHtml(report);
}

/** The settings that mean something for this model. */
function shownSettings({ model, run }: Settings): object {
	const unused: readonly string[] = [
		...(model.model === "rnn" ? [] : recurrentOptions),
		...(model.model === "transformer" ? ["embedding"] : []),
	];
	const all = Object.entries({ ...model, ...run });
	return Object.fromEntries(all.filter(([name]) => !unused.includes(name)));
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
