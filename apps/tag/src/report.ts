import { lossChart, settingsSection } from "@heed/command-line";
import type { LossCurve } from "@heed/train/node";
import { type HtmlReport, type HtmlTable, renderHtml } from "@heed/viz";
import type { Verdict } from "./judge.ts";
import type { Settings } from "./settings.ts";
import { inlineTags, lookMap } from "./tagging.ts";

/** What a report tells. */
export interface TrainingSummary extends Verdict {
	readonly settings: Settings;
	readonly curve: LossCurve;
	/** The epoch whose weights the model has. */
	readonly bestEpoch: number;
	/** Numbers for people, by name: sentences, weights, minutes … */
	readonly facts: readonly (readonly [name: string, value: string | number])[];
}

/** Writes the report of a training as one HTML page that needs nothing else. */
export function renderReport(summary: TrainingSummary): string {
	const { settings, curve, bestEpoch, score, wordsAlone, facts, samples } = summary;
	const { task, selfAttention, crf } = settings.model;
	const subject = { brown: "parts of speech of the Brown corpus", words: "words", spans: "spans" }[task];
	const report: HtmlReport = {
		title: `Tagger ${selfAttention ? "with" : "without"} self-attention: ${subject}`,
		sections: [
			{
				facts: [
					[`held-out ${score.name}`, score.value.toFixed(2)],
					["each word's most frequent tag", wordsAlone.value.toFixed(2)],
					...facts,
				],
				text: score.text,
			},
			{
				heading: "Training",
				text: `The weights are those after epoch ${bestEpoch}, which tags the validation sentences best.`,
				charts: [
					lossChart(crf ? "Negative log-likelihood of the path per word" : "Cross entropy per word", curve),
				],
			},
			{
				heading: selfAttention ? "Where it looks" : "Samples",
				text: [
					...samples.map(inlineTags),
					...(selfAttention
						? [
								"Each row is a word with its tag, each column a word that it looks at; the row's weights, the mean over " +
									"the heads, add up to 1. They do not prove why the word has its tag.",
							]
						: []),
				],
				maps: samples.map(lookMap).filter((map) => map !== undefined),
			},
			{ heading: "Mistakes", tables: tablesOf(summary) },
			settingsSection(settings),
		],
	};
	return renderHtml(report);
}

function tablesOf({ score, mistakes }: TrainingSummary): HtmlTable[] {
	const byTag: HtmlTable = {
		caption: "The most frequent mistakes, word by word",
		columns: ["expected", "got", "times", "most often"],
		rows: mistakes.map(({ expected, got, count, example }) => [expected, got, count, example]),
	};
	if (score.types === undefined) return [byTag];
	const percent = (share: number): string => (100 * share).toFixed(2);
	const byType: HtmlTable = {
		caption: "Spans by type",
		columns: ["type", "F1", "precision", "recall", "there"],
		rows: [...score.types].map(([type, { f1, precision, recall, gold }]) => [
			type,
			percent(f1),
			percent(precision),
			percent(recall),
			gold,
		]),
	};
	return [byType, byTag];
}
