import { lossChart, settingsSection } from "@heed/command-line";
import type { LossCurve } from "@heed/train/node";
import { type HtmlReport, renderHtml } from "@heed/viz";
import { recurrentOptions } from "./check-together.ts";
import { attentionNames, mechanismOf } from "./mechanisms.ts";
import type { Score } from "./score.ts";
import { type ModelSettings, modelTitle, type Settings } from "./settings.ts";
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

/** What alignment pictures of these models show. */
export function lookingText(models: readonly Pick<ModelSettings, "model" | "attention">[]): string {
	const lessThanOne = attentionNames.filter(
		(name) =>
			mechanismOf(name).sumsToLess &&
			models.some(({ model, attention }) => model === "rnn" && attention === name),
	);
	const named = [lessThanOne.slice(0, -1).join(", "), ...lessThanOne.slice(-1)].filter((part) => part !== "");
	const but = `, but for ${named.join(" and ")} attention, which may look at less, or at nothing`;
	return (
		"Each row is a token of the translation, each column one of the source; ⏎ is the end of a text. A row's weights add " +
		`up to 1${named.length === 0 ? "" : but}.`
	);
}

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
				charts: [lossChart("Cross entropy per token", curve)],
			},
			{
				heading: "Where it looks",
				text: [
					lookingText([settings.model]),
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
			settingsSection(settings, unusedSettings(settings.model)),
		],
	};
	return renderHtml(report);
}

/** The settings that mean nothing for this model. */
function unusedSettings({ model }: ModelSettings): string[] {
	return [...(model === "rnn" ? [] : recurrentOptions), ...(model === "transformer" ? ["embedding"] : [])];
}
