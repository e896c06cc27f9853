import { expect, it } from "vitest";
import { lookingText, renderReport, type TrainingSummary } from "./report.ts";
import { defaultsOf } from "./settings.ts";

const summary: TrainingSummary = {
	settings: defaultsOf("dates"),
	curve: {
		training: [
			[0.5, 2],
			[1, 0.1],
		],
		validation: [[1, 0.2]],
	},
	bestEpoch: 1,
	score: { name: "exact match", value: 75, text: "exact match 75.00 % (3 of 4)" },
	facts: [["weights", 122_607]],
	samples: [
		{
			source: "<b>4",
			target: "2021",
			logProbability: -0.1,
			sourceTokens: ["<b>", "4"],
			targetTokens: ["2"],
			weights: Float32Array.of(0.25, 0.75),
		},
	],
	mistakes: [{ source: "5 mars 2021", got: "2021-05-03", expected: "2021-03-05" }],
};

it("tells everything on one page, as text", () => {
	const html = renderReport(summary);
	for (const part of [
		"75.00",
		"122607",
		"after epoch 1",
		"&lt;b&gt;4",
		"Mistakes",
		"2021-05-03",
		"learningRate",
	]) {
		expect(html).toContain(part);
	}
	expect(html).not.toContain("<b>");
	expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
});

it("leaves out the table of mistakes when there is none", () => {
	expect(renderReport({ ...summary, mistakes: [] })).not.toContain("Mistakes");
});

it("says of which models the weights may add up to less", () => {
	const { model } = defaultsOf("dates");
	const all = (["hard", "local-p", "gaussian"] as const).map((attention) => ({ ...model, attention }));
	expect(lookingText(all)).toContain(
		"up to 1, but for local-p and gaussian attention, which may look at less",
	);
	expect(lookingText(all.slice(0, 2))).toContain("but for local-p attention, which");
	expect(lookingText([model, { model: "transformer", attention: "gaussian" }])).toMatch(/add up to 1\.$/);
});
