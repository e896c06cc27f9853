import { lossChart, settingsSection } from "@heed/command-line";
import { type HtmlReport, type HtmlSection, renderHtml } from "@heed/viz";
import { type Look, lookImages } from "./look.ts";
import { type ModelSettings, unusedSettings } from "./settings.ts";
import type { Outcome } from "./train-network.ts";

/** Writes the report of a training as one HTML page that needs nothing else. */
export function renderReport({ settings, verdict, pictures, trained }: Outcome): string {
	const { bestEpoch, curve } = trained;
	const { score, samples, wrongSamples, mistakes } = verdict;
	const report: HtmlReport = {
		title: titleOf(settings.model),
		sections: [
			{
				facts: [
					["held-out error, %", score.error.toFixed(2)],
					["digits to learn from", pictures[0]],
					["held-out pictures", pictures[1]],
					...trained.facts(),
				],
				text: score.text,
			},
			{
				heading: "Training",
				text: `The weights are those after epoch ${bestEpoch}, which reads the validation pictures best.`,
				charts: [lossChart(settings.model.task === "glimpses" ? "Loss" : "Cross entropy", curve)],
			},
			looksSection("Where it looks", samples, lookingText(settings.model)),
			looksSection("Where it was wrong", wrongSamples),
			{
				heading: "Mistakes",
				tables: [
					{
						caption: "The most frequent mistakes",
						columns: ["there", "said", "times"],
						rows: mistakes.map(({ expected, got, count }) => [expected, got, count]),
					},
				],
			},
			settingsSection(settings, unusedSettings(settings.model)),
		],
	};
	return renderHtml(report);
}

/** What the pictures mean. */
export function lookingText({ task, transform }: Pick<ModelSettings, "task" | "transform">): string {
	if (task === "glimpses") {
		return (
			"The squares are the glimpses, by number, where it sees sharply, and the line goes from one to the next. Beside each picture " +
			"is what it saw, coarse where it saw coarsely only; what is half dark lay in no glimpse."
		);
	}
	return transform === "none"
		? "This network has no spatial transformer: it sees every picture whole, as it is."
		: "The outline is what the spatial transformer reads; beside each picture is what it makes of it, which is all that the " +
				"network behind it sees.";
}

/** A section with pictures. */
export function looksSection(heading: string, looks: readonly Look[], text = ""): HtmlSection {
	return {
		heading,
		...(text !== "" && { text }),
		...(looks.length === 0
			? { text: [text, "None."].filter((line) => line !== "") }
			: { images: looks.flatMap(lookImages) }),
	};
}

function titleOf({ task, transform, distortion }: ModelSettings): string {
	const subject = {
		none: "digits",
		rotated: "rotated digits",
		rts: "digits turned, resized and moved",
		translated: "digits anywhere",
		cluttered: "digits among pieces of others",
	}[distortion];
	if (task === "glimpses") return `Reading by glimpses: ${subject}`;
	return transform === "none"
		? `A convolutional network alone: ${subject}`
		: `Spatial transformer (${transform}): ${subject}`;
}
