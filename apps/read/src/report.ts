import { lossChart, settingsSection } from "@heed/command-line";
import type { LossCurve } from "@heed/train/node";
import { type HtmlReport, type HtmlTable, renderHtml } from "@heed/viz";
import { type Reading, sentenceMap, wordMap } from "./reading.ts";
import { percentOf, type Score } from "./score.ts";
import type { Settings } from "./settings.ts";
import { storyKinds } from "./story-questions.ts";

/** What a report tells. */
export interface TrainingSummary {
	readonly settings: Settings;
	readonly curve: LossCurve;
	/** The epoch whose weights the model has. */
	readonly bestEpoch: number;
	/** Of each set of questions that was held out. */
	readonly scores: readonly Score[];
	/** Numbers for people, by name: questions, weights, minutes … */
	readonly facts: readonly (readonly [name: string, value: string | number])[];
	/** Held-out questions with where the reader looked. */
	readonly samples: readonly Reading[];
	/** Held-out questions that went wrong, with what was expected. */
	readonly mistakes: readonly {
		readonly story: string;
		readonly query: string;
		readonly got: string;
		readonly expected: string;
	}[];
}

/** Writes the report of a training as one HTML page that needs nothing else. */
export function renderReport(summary: TrainingSummary): string {
	const { settings, curve, bestEpoch, scores, facts, samples, mistakes } = summary;
	const subject = settings.model.task === "stories" ? "made-up stories" : "questions of a file";
	const isMap = <Map>(map: Map | undefined): map is Map => map !== undefined;
	const report: HtmlReport = {
		title: `Reader (${settings.model.reader}): ${subject}`,
		sections: [
			{
				facts: [...scores.map((score) => [score.name, percentOf(score)] as const), ...facts],
				tables: scores.some(({ kinds }) => kinds.length > 1) ? [kindTable(scores)] : [],
			},
			{
				heading: "Training",
				text: `The weights are those after epoch ${bestEpoch}, where the validation loss is lowest.`,
				charts: [lossChart("−log P(answer)", curve)],
			},
			{
				heading: "Where it looks",
				text: [
					"By sentence: each row is a sentence of the story, each column what looks at it, a word of the question or " +
						"all of them together; a column's weights add up to 1.",
					"The weights say where the model reads. They do not prove why it answers what it answers.",
				],
				maps: samples.map(sentenceMap).filter(isMap),
			},
			{ heading: "Word by word", maps: samples.map(wordMap).filter(isMap) },
			...(mistakes.length === 0
				? []
				: [
						{
							heading: "Mistakes",
							tables: [
								{
									columns: ["story", "question", "answer", "expected"],
									rows: mistakes.map(({ story, query, got, expected }) => [story, query, got, expected]),
								},
							],
						},
					]),
			settingsSection(settings),
		],
	};
	return renderHtml(report);
}

function kindTable(scores: readonly Score[]): HtmlTable {
	const kinds = [...new Set(scores.flatMap((score) => score.kinds.map(({ kind }) => kind)))];
	return {
		caption: "Right answers by kind of question",
		columns: ["kind", "facts it takes", "for instance", ...scores.map(({ name }) => name)],
		rows: kinds.map((kind) => {
			const { facts = "", example = "" } = storyKinds.find((known) => known.kind === kind) ?? {};
			const cells = scores.map((score) => {
				const found = score.kinds.find((other) => other.kind === kind);
				return found === undefined ? "" : percentOf(found);
			});
			return [kind, facts, example, ...cells];
		}),
	};
}
