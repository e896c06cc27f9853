import { lossChart, settingsSection } from "@heed/command-line";
import type { LossCurve } from "@heed/train/node";
import { type HtmlSection, type HtmlTable, renderHtml } from "@heed/viz";
import type { Judged, KindOfPictures } from "./judge.ts";
import { looksSection } from "./look.ts";
import { letterAccuracy, scoreText, wordAccuracy } from "./score.ts";
import type { Settings } from "./settings.ts";

/** What a report tells. */
export interface TrainingSummary {
	readonly kinds: readonly KindOfPictures[];
	readonly settings: Settings;
	readonly curve: LossCurve;
	/** The epoch whose weights the model has. */
	readonly bestEpoch: number;
	/** Numbers for people, by name: pictures, weights, minutes … */
	readonly facts: readonly (readonly [name: string, value: string | number])[];
}

/** Writes the report of a training as one HTML page that needs nothing else. */
export function renderReport({ kinds, settings, curve, bestEpoch, facts }: TrainingSummary): string {
	const sections: HtmlSection[] = [
		{
			facts: [...kinds.map(({ name, score }) => [name, scoreText(score)] as const), ...facts],
			text: "Letters: 100 % minus the letters to change, add or take away per letter. Words: those without a mistake.",
		},
		{
			heading: "Training",
			text: `The weights are those after epoch ${bestEpoch}, which reads the letters of the validation words best.`,
			charts: [lossChart("Cross entropy per letter", curve)],
		},
		...kinds.map(({ name, samples }) =>
			looksSection(
				`Where it looks: ${name}`,
				samples.map((reading) => ({ reading, title: titleOf(reading) })),
			),
		),
		{ heading: "By font", tables: [fontTable(kinds)] },
		...kinds.map(mistakeSection),
		settingsSection(settings),
	];
	return renderHtml({ title: "Words in pictures, read letter by letter", sections });
}

const titleOf = ({ word, text, face }: Judged): string =>
	`${word}${text === word ? "" : `, read ${text === "" ? "nothing" : text}`} (${face})`;

function mistakeSection({ name, mistakes }: KindOfPictures): HtmlSection {
	return {
		heading: `Mistakes: ${name}`,
		images: mistakes.map((mistake) => {
			const { height, width, pixels } = mistake.picture;
			return { caption: titleOf(mistake), height, width, pixels };
		}),
	};
}

function fontTable(kinds: readonly KindOfPictures[]): HtmlTable {
	return {
		caption: "The held-out words, by the font that they are drawn in",
		columns: ["font", "learned from", "words", "letters right, %", "words right, %"],
		rows: kinds.flatMap(({ faces }, kind) =>
			[...faces].map(([face, score]) => [
				face,
				kind === 0 ? "yes" : "no",
				score.words,
				letterAccuracy(score).toFixed(2),
				wordAccuracy(score).toFixed(2),
			]),
		),
	};
}
