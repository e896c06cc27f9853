import { lossChart, settingsSection } from "@heed/command-line";
import type { LabelledImages } from "@heed/command-line/digits";
import type { LossCurve } from "@heed/train/node";
import { type AttentionMap, type HtmlSection, renderHtml } from "@heed/viz";
import type { Outcome } from "./outcome.ts";
import {
	accuracyText,
	classTable,
	confusionMaps,
	howToRead,
	percent,
	sampleSections,
	standardError,
} from "./report-parts.ts";
import type { Sample } from "./samples.ts";

/** What a report tells. */
export interface TrainingSummary {
	readonly outcome: Outcome;
	readonly test: LabelledImages;
	readonly curve: LossCurve;
	readonly right: readonly Sample[];
	readonly wrong: readonly Sample[];
	/** What became of the channels, for each class. */
	readonly channels: readonly AttentionMap[];
	/** Milliseconds of a step. */
	readonly stepTime: number;
}

/** Writes the report of a training as one HTML page that needs nothing else. */
export function renderReport(summary: TrainingSummary): string {
	const { outcome, test, curve, right, wrong, channels, stepTime } = summary;
	const { settings, codec } = outcome;
	const { attention, task, batchSize } = settings.model;
	const { classes } = codec;
	const channelSection: HtmlSection = {
		heading: "What became of the channels",
		text: "The weight of each channel, the mean over 20 held-out pictures of each class. Rows that look alike do the same for every class.",
		maps: channels,
	};
	return renderHtml({
		title: `Classifier with ${attention === "none" ? "no attention" : attention}: ${task === "digits" ? "digits" : "pictures"}`,
		sections: [
			{
				facts: [
					["held-out accuracy", `${percent(outcome.correct / outcome.test)} %`],
					["give or take", `${percent(standardError(outcome))} %`],
					["weights", outcome.weights],
					["pictures to learn from", outcome.train],
					["epochs", `${outcome.epochs}, best ${outcome.best}`],
					[`ms of the processor per step of ${batchSize}`, stepTime.toFixed(0)],
					["minutes of the processor", (outcome.seconds / 60).toFixed(1)],
				],
				text: `held-out accuracy ${accuracyText(outcome)}`,
			},
			{
				heading: "Training",
				text: `The weights are those after epoch ${outcome.best}, whose loss on the pictures for validation is least.`,
				charts: [lossChart("Cross entropy", curve)],
			},
			...sampleSections("Not recognised", wrong, { classes, text: howToRead }),
			...sampleSections("Recognised", right, { classes, text: wrong.length === 0 ? howToRead : [] }),
			...(channels.length === 0 ? [] : [channelSection]),
			{
				heading: "What was taken for what",
				maps: confusionMaps(outcome, test),
				tables: [classTable(outcome, test)],
			},
			settingsSection(settings, attention === "none" ? ["place"] : []),
		],
	});
}
