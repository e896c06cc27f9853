import { lossChart, settingsSection } from "@heed/command-line";
import type { LossCurve } from "@heed/train/node";
import { type HtmlSection, type HtmlTable, renderHtml } from "@heed/viz";
import type { Verdict } from "./judge.ts";
import type { Look } from "./looks.ts";
import { frameMap, strip } from "./pictures.ts";
import { describeScore, percent, type Score } from "./score.ts";
import type { Settings } from "./settings.ts";
import type { AttentionKind } from "./video-qa-model.ts";

/** What a report tells. */
export interface TrainingSummary extends Verdict {
	readonly settings: Settings;
	readonly curve: LossCurve;
	/** The epoch whose weights the model has. */
	readonly bestEpoch: number;
	/** Numbers for people, by name: videos, weights, minutes … */
	readonly facts: readonly (readonly [name: string, value: string | number])[];
}

/** What a model is called by what it looks at. */
export function formName(attention: AttentionKind): string {
	return {
		both: "spatial and temporal attention",
		spatial: "spatial attention",
		temporal: "temporal attention",
		none: "no attention (LRCN)",
	}[attention];
}

/** Writes the report of a training as one HTML page that needs nothing else. */
export function renderReport(summary: TrainingSummary): string {
	const { settings, curve, bestEpoch, score, majority, facts, samples, mistakes } = summary;
	const { attention } = settings.model;
	return renderHtml({
		title: `Questions about videos: ${formName(attention)}`,
		sections: [
			{
				facts: [["held-out accuracy, %", percent(score.all)], ...facts],
				text: describeScore(score),
				tables: [scoreTable([[formName(attention), score]], majority)],
			},
			{
				heading: "Training",
				text: `The weights are those after epoch ${bestEpoch}, which answers the validation questions best.`,
				charts: [lossChart(lossTitle(settings.model), curve)],
			},
			...lookSections(samples),
			{
				heading: "Mistakes",
				tables: [
					{
						caption: "The most frequent",
						columns: ["kind", "expected", "got", "times"],
						rows: mistakes.map(({ type, expected, got, count }) => [type, expected, got, count]),
					},
				],
			},
			settingsSection(settings),
		],
	});
}

/** What the curve shows. */
function lossTitle({ frameEpochs }: Settings["model"]): string {
	if (frameEpochs === 0) return "Cross entropy of the answers";
	return `Cross entropy of what frames show (training, ${frameEpochs} epochs), then of the answers`;
}

/** A section for every video: its questions as strips of frames, and which frames counted. */
export function lookSections(samples: readonly (readonly Look[])[]): HtmlSection[] {
	return samples.map((looks, i) => {
		const map = frameMap(looks);
		return {
			heading: `Where it looked: video ${looks[0]?.video.name}`,
			text:
				i > 0
					? []
					: "The pictures show where the answers come from. They do not prove why they are what they are.",
			...(map && { maps: [map] }),
			images: looks.map(strip),
		};
	});
}

/** Accuracies by kind of question: a row per model, and the majority answer to the question alone. */
export function scoreTable(
	rows: readonly (readonly [name: string, score: Score])[],
	majority: Score,
): HtmlTable {
	const types = [...majority.types];
	return {
		caption: "Accuracy on held-out videos by kind of question, %",
		columns: ["", ...types.map(([type, { count }]) => `${type} (${count})`), `all (${majority.all.count})`],
		rows: [...rows, ["the question alone: its most frequent answer", majority] as const].map(
			([name, score]) => [
				name,
				...types.map(([type]) => percent(score.types.get(type) ?? { right: 0, count: 0 })),
				percent(score.all),
			],
		),
	};
}

/** {@link scoreTable} with what each model took. */
export function comparisonTable(
	models: readonly {
		readonly name: string;
		readonly score: Score;
		readonly weights: number;
		readonly minutes: number;
	}[],
	majority: Score,
): HtmlTable {
	const { caption, columns, rows } = scoreTable(
		models.map(({ name, score }) => [name, score] as const),
		majority,
	);
	const [first = "", ...types] = columns;
	return {
		...(caption !== undefined && { caption }),
		columns: [first, "weights", ...types, "minutes"],
		rows: rows.map(([name = "", ...shares], i) => {
			const { weights = "", minutes } = models[i] ?? {};
			return [name, weights, ...shares, minutes?.toFixed(1) ?? ""];
		}),
	};
}

/** Writes the page of a comparison: the table, and where each looked in the same videos. */
export function renderComparison(
	table: HtmlTable,
	looks: readonly (readonly [name: string, samples: readonly (readonly Look[])[]])[],
): string {
	return renderHtml({
		title: "Questions about videos: kinds of attention",
		sections: [
			{
				text: "All are judged by the same held-out videos. Minutes are of the processor, with the judging.",
				tables: [table],
			},
			...looks.flatMap(([name, samples]) =>
				lookSections(samples).map((section) => ({ ...section, heading: `${name}: ${section.heading}` })),
			),
		],
	});
}
