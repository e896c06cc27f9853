import { lossChart, settingsSection } from "@heed/command-line";
import type { LossCurve } from "@heed/train/node";
import { type HtmlReport, type HtmlTable, renderHtml } from "@heed/viz";
import { type LabelProbability, rankLabels } from "./classification.ts";
import type { Judgement, Sample, Verdict } from "./judge.ts";
import { percent, type Score } from "./score.ts";
import type { Settings } from "./settings.ts";
import { type ShadedSample, shadedHtml } from "./shaded-html.ts";
import { shadeWords } from "./shaded-text.ts";

/** What a report tells. */
export interface TrainingSummary extends Verdict {
	readonly settings: Settings;
	readonly labels: readonly string[];
	readonly curve: LossCurve;
	/** The epoch whose weights the model has. */
	readonly bestEpoch: number;
	/** Numbers for people, by name: pieces, weights, minutes … */
	readonly facts: readonly (readonly [name: string, value: string | number])[];
}

/** Writes the report of a training as one HTML page that needs nothing else. */
export function renderReport(summary: TrainingSummary): string {
	const { settings, curve, bestEpoch, model, facts, samples, labels } = summary;
	const { task, pooling, flat } = settings.model;
	const kind = `${flat ? "flat" : "hierarchical"} ${pooling === "mean" ? "means" : `${pooling} attention`}`;
	const report: HtmlReport = {
		title: `${task === "brown" ? "Genres of the Brown corpus" : "Labels of documents"} with ${kind}`,
		sections: [
			{
				facts: [
					["held-out documents right", `${percent(model.documents.accuracy)} %`],
					["held-out pieces right", `${percent(model.pieces.accuracy)} %`],
					...facts,
				],
				tables: [comparisonTable([model, ...summary.baselines])],
			},
			{
				heading: "Training",
				text: `The weights are those after epoch ${bestEpoch}, where the validation loss is lowest.`,
				charts: [lossChart("Cross entropy per piece", curve)],
			},
			{
				heading: "Mistakes",
				tables: [
					labelTable(model.documents),
					confusionTable("Held-out documents", model.documents),
					confusionTable("Held-out pieces", model.pieces),
				],
			},
			settingsSection(settings),
		],
	};
	const html = renderHtml(report);
	if (samples.length === 0) return html;
	const place = html.lastIndexOf("<section>"); // before the settings
	return `${html.slice(0, place)}${samplesHtml(samples, labels, pooling === "mean")}\n${html.slice(place)}`;
}

/** What stands above a sample: the document, its label, and what it was taken for. */
export function sampleTitle({ piece, classification }: Sample, labels: readonly string[]): string {
	const ranked = rankLabels(classification.logProbabilities, labels).slice(0, 3);
	return `${piece.document}, ${piece.label}; taken for: ${ranked.map(withPercent).join(", ")}`;
}

function withPercent({ label, probability }: LabelProbability): string {
	return `${label} ${(100 * probability).toFixed(1)} %`;
}

function samplesHtml(samples: readonly Sample[], labels: readonly string[], isMean: boolean): string {
	if (isMean) {
		const none = "This model takes the mean of all words and sentences: there is no attention to show.";
		return shadedHtml("Where it looks", [none], []);
	}
	const shown = samples.map(
		(sample): ShadedSample => ({
			title: sampleTitle(sample, labels),
			sentences: shadeWords(sample.classification.sentences),
		}),
	);
	const explanation = [
		"The bars are the share of a sentence of the attention of its piece. A word is the darker the more of the attention it " +
			"has: √(weight of the sentence) × weight of the word, the strongest of the piece as dark as can be.",
		"The weights say where the model reads. They do not prove why it decides as it does.",
	];
	return shadedHtml("Where it looks", explanation, shown);
}

function comparisonTable(judgements: readonly Judgement[]): HtmlTable {
	return {
		caption: "Held-out documents and pieces, in percent",
		columns: ["", "documents: accuracy", "macro-F1", "pieces: accuracy", "macro-F1"],
		rows: judgements.map(({ name, documents, pieces }) => [
			name,
			percent(documents.accuracy),
			percent(documents.macroF1),
			percent(pieces.accuracy),
			percent(pieces.macroF1),
		]),
	};
}

function labelTable({ labels }: Score): HtmlTable {
	return {
		caption: "Held-out documents by label, in percent",
		columns: ["label", "F1", "precision", "recall", "there"],
		rows: [...labels].map(([label, { f1, precision, recall, there }]) => [
			label,
			percent(f1),
			percent(precision),
			percent(recall),
			there,
		]),
	};
}

function confusionTable(what: string, { labels, confusion }: Score): HtmlTable {
	const names = [...labels.keys()];
	return {
		caption: `${what}: what is in each row was taken for what is above`,
		columns: ["", ...names],
		rows: names.map((expected) => [
			expected,
			...names.map((got) => String(confusion.get(expected)?.get(got) ?? "·")),
		]),
	};
}
