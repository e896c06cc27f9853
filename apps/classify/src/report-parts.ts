import type { LabelledImages } from "@heed/command-line/digits";
import type { AttentionMap, HtmlSection, HtmlTable } from "@heed/viz";
import { confusionMatrix } from "./judge.ts";
import { accuracyOf, type Outcome } from "./outcome.ts";
import { answerOf, sampleImages } from "./sample-images.ts";
import type { Sample } from "./samples.ts";

/** `98.41 % (1489 of 1513)`. */
export function accuracyText(outcome: Outcome): string {
	return `${percent(accuracyOf(outcome))} % (${outcome.correct} of ${outcome.test})`;
}

/** A share with two decimals. */
export function percent(share: number): string {
	return (100 * share).toFixed(2);
}

/** How far an accuracy may be off by chance alone, as one standard deviation: what other pictures would have changed. */
export function standardError(outcome: Outcome): number {
	const share = accuracyOf(outcome);
	return Math.sqrt((share * (1 - share)) / outcome.test);
}

/** What was taken for what: as shares of each class, and the mistakes alone. */
export function confusionMaps(
	{ predicted, codec: { classes } }: Outcome,
	test: LabelledImages,
): AttentionMap[] {
	const size = classes.length;
	const counts = confusionMatrix(predicted, test.labels, size);
	const axisLabels = { query: "is", key: "taken for" };
	const map = { queryTokens: classes, keyTokens: classes, axisLabels };
	const rowSums = classes.map((_, row) =>
		counts.subarray(row * size, (row + 1) * size).reduce((a, b) => a + b, 0),
	);
	return [
		{
			...map,
			title: "Shares of each class",
			weights: counts.map((count, i) => count / Math.max(1, rowSums[Math.floor(i / size)] ?? 0)),
		},
		{
			...map,
			title: "Mistakes alone, in pictures",
			weights: counts,
			mask: Array.from(counts, (_, i) => i % size !== Math.floor(i / size)),
		},
	];
}

/** How each class was recognised. */
export function classTable(
	{ predicted, codec: { classes } }: Outcome,
	{ labels }: LabelledImages,
): HtmlTable {
	const size = classes.length;
	const counts = confusionMatrix(predicted, labels, size);
	return {
		columns: ["class", "pictures", "recognised", "share in %", "most often taken for"],
		rows: classes.map((name, of) => {
			const row = counts.slice(of * size, (of + 1) * size);
			const all = row.reduce((a, b) => a + b, 0);
			const hits = row[of] ?? 0;
			row[of] = 0;
			const most = Math.max(...row);
			const other = most === 0 ? "–" : `${classes[row.indexOf(most)]} (${most})`;
			return [name, all, hits, percent(hits / Math.max(1, all)), other];
		}),
	};
}

/** Samples, each in a row of its own, below one heading. */
export function sampleSections(
	heading: string,
	samples: readonly Sample[],
	{ classes, text = [] }: { readonly classes: readonly string[]; readonly text?: readonly string[] },
): HtmlSection[] {
	return samples.map((sample, i) => ({
		...(i === 0 && { heading }),
		text: [...(i === 0 ? text : []), answerOf(sample, classes)],
		images: sampleImages(sample, classes),
	}));
}

/** What the pictures of {@link sampleSections} show. */
export const howToRead: readonly string[] = [
	"“for …” is the class activation map: what each place of the last map adds to the score of that class, above the mean of all " +
		"classes. Their mean is the score above the mean score, exactly. Below the picture stands the probability that comes of it.",
	"“stage …” is where the attention in that part of the network looked: how much more weight a place has than the mean, 0.5 " +
		"being half as much again. Weights of whole channels have no place in the picture. None of this proves why the answer came.",
];
