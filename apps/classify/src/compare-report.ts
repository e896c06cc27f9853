import { settingsSection } from "@heed/command-line";
import type { LossCurve } from "@heed/train/node";
import { type HtmlSection, type HtmlTable, renderHtml } from "@heed/viz";
import type { Attention } from "./attention-choice.ts";
import type { ComparedRow } from "./comparison.ts";
import { howToRead, percent, standardError } from "./report-parts.ts";
import { sampleImages } from "./sample-images.ts";
import type { Sample } from "./samples.ts";

/** An attention of a comparison, with what its first training saw. */
export interface ComparedAttention extends ComparedRow {
	readonly attention: Attention;
	readonly curve: LossCurve;
	/** The same pictures for all. */
	readonly samples: readonly Sample[];
}

/** The table of a comparison. */
export function comparisonTable(rows: readonly ComparedAttention[]): HtmlTable {
	const seeds = rows[0]?.outcomes.length ?? 1;
	return {
		columns: [
			"attention",
			seeds === 1 ? "accuracy in %" : `accuracy in %, mean of ${seeds}`,
			...(seeds === 1 ? [] : ["least", "largest"]),
			"against none",
			"weights",
			"ms per step",
			"minutes",
		],
		rows: rows.map(({ attention, accuracy, least, largest, against, weights, stepTime, minutes }) => [
			attention,
			percent(accuracy),
			...(seeds === 1 ? [] : [percent(least), percent(largest)]),
			against === undefined
				? "–"
				: `+${short(against.better)} −${short(against.worse)} (${against.deviations.toFixed(1).replace("-", "−")} σ)`,
			weights,
			stepTime.toFixed(0),
			minutes.toFixed(1),
		]),
	};
}

/** A number with one decimal, if it has any. */
function short(value: number): string {
	return Number(value.toFixed(1)).toString();
}

/** Writes the report of a comparison as one HTML page that needs nothing else. */
export function renderComparison(rows: readonly ComparedAttention[]): string {
	const [first] = rows;
	const outcome = first?.outcomes[0];
	if (first === undefined || outcome === undefined)
		return renderHtml({ title: "Nothing compared", sections: [] });
	const { settings, codec, train, test } = outcome;
	const off = percent(standardError(outcome));
	return renderHtml({
		title: `Attentions compared: ${settings.model.task === "digits" ? "digits" : "pictures"}`,
		sections: [
			{
				facts: [
					["pictures to learn from", train],
					["held-out pictures", test],
					["trainings of each", first.outcomes.length],
					["give or take", `${off} %`],
				],
				tables: [comparisonTable(rows)],
				text: [
					`Of ${test} pictures an accuracy is known to about ${off} % (one standard deviation), and another seed moves it about as much.`,
					"“Against none”: pictures that the attention recognised and the network without any did not, and the other way round, the " +
						"mean of the seeds; then the difference in standard deviations σ of two equally good networks. Below 2 it is noise, and above it a seed may have made it.",
					"A step is that of a batch, without the update: the time that the processor worked, the models taking turns.",
				],
			},
			{
				heading: "Training",
				charts: [
					{
						title: "Cross entropy of the validation, first seed",
						xLabel: "epoch",
						yLabel: "loss",
						series: rows.map(({ attention, curve }) => ({ name: attention, points: curve.validation })),
					},
				],
			},
			...sampleRows(rows, codec.classes),
			settingsSection(settings, ["attention", "place", "seed"]),
		],
	});
}

/** A section for each picture, with what every attention saw in it. */
function sampleRows(rows: readonly ComparedAttention[], classes: readonly string[]): HtmlSection[] {
	const [first] = rows;
	return (first?.samples ?? []).map(({ label }, at) => ({
		heading: `A picture of ${classes[label ?? 0]}`,
		text: at === 0 ? howToRead : [],
		images: rows.flatMap(({ attention, samples }) => {
			const sample = samples[at];
			if (sample === undefined) return [];
			return sampleImages(sample, classes).map((image) => ({
				...image,
				title: `${attention}: ${image.title}`,
			}));
		}),
	}));
}
