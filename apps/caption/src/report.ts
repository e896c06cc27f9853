import { lossChart, settingsSection } from "@heed/command-line";
import type { LossCurve } from "@heed/train/node";
import { type HtmlReport, type HtmlSection, type HtmlTable, renderHtml } from "@heed/viz";
import { type Sample, type ScoreRow, scoreText, textOf, type Verdict } from "./judge.ts";
import { lookImages, remarks } from "./looks.ts";
import { claimKinds } from "./scenes/count-claims.ts";
import type { CaptionScore } from "./score.ts";
import { type AttentionName, type Settings, unusedSettings } from "./settings.ts";

/** What a report tells. */
export interface TrainingSummary extends Verdict {
	readonly settings: Settings;
	readonly curve: LossCurve;
	/** The epoch whose weights the model has. */
	readonly bestEpoch: number;
	/** Numbers for people, by name: pictures, weights, minutes … */
	readonly facts: readonly (readonly [name: string, value: string | number])[];
}

const attentionTitles: Readonly<Record<AttentionName, string>> = {
	soft: "soft attention",
	hard: "hard attention",
	sca: "attention to channels and places (SCA-CNN)",
	none: "no attention",
};

/** Writes the report of a training as one HTML page that needs nothing else. */
export function renderReport(summary: TrainingSummary): string {
	const { settings, curve, bestEpoch, facts, score, rows, samples } = summary;
	const { task, attention } = settings.model;
	const looked = attention !== "none";
	const subject = task === "scenes" ? "scenes" : "pictures";
	const report: HtmlReport = {
		title: `Captions of ${subject} with ${attentionTitles[attention]}`,
		sections: [
			{ facts, text: `Held out: ${scoreText(score)}.` },
			{
				heading: "Scores",
				text:
					task === "scenes"
						? "A caption is grammatical if the grammar of the scenes has it. What it claims is counted claim by claim: the colours, " +
							"shapes and sizes of things, their relations and places. It is true if each thing that it names is there and " +
							"stands where it says. The lower rows show what the scores are worth."
						: [],
				tables: [scoreTable(rows)],
			},
			{
				heading: "Training",
				text: `The weights are those after epoch ${bestEpoch}, which describes the validation pictures best.`,
				charts: [lossChart("Cross entropy per word", curve)],
			},
			...(looked
				? [
						{
							heading: "Where it looks",
							text: "The colours over a picture are the weights of its places for the word above it; they do not prove why it is said.",
						},
					]
				: []),
			...samples.map((sample) => sampleSection(sample, looked)),
			settingsSection(settings, unusedSettings(settings.model)),
		],
	};
	return renderHtml(report);
}

/** A picture with its caption, and where each word looked. */
export function sampleSection({ picture, caption }: Sample, looked: boolean): HtmlSection {
	return {
		heading: textOf(caption),
		text: remarks(picture, caption),
		images: lookImages(picture, caption, looked),
	};
}

function scoreTable(rows: readonly ScoreRow[]): HtmlTable {
	const checked = rows.some(({ score }) => score.true !== undefined);
	return {
		caption: "Of the held-out pictures; 0 to 100 but for the number of words",
		columns: ["pictures", "captions", ...scoreColumns(checked)],
		rows: rows.map(({ set, captions, score }) => [set, captions, ...scoreCells(score, checked)]),
	};
}

/** The columns of scores, of scenes also of what a program can tell. */
export function scoreColumns(checked: boolean): string[] {
	const told = checked ? ["true", ...claimKinds, "grammatical"] : [];
	return [...told, "BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "words"];
}

/** What stands in them. */
export function scoreCells(score: CaptionScore, checked: boolean): (string | number)[] {
	const told = [score.true, ...claimKinds.map((kind) => score.claims?.[kind]), score.grammatical];
	return [...(checked ? told : []), ...score.bleu, score.words].map((value) =>
		typeof value === "number" && Number.isFinite(value) ? Number(value.toFixed(1)) : "",
	);
}
