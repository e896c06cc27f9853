import { expect, it } from "vitest";
import { renderReport, type TrainingSummary } from "./report.ts";
import { defaultsOf } from "./settings.ts";

const summary: TrainingSummary = {
	settings: defaultsOf("stories"),
	curve: {
		training: [
			[0.5, 2],
			[1, 0.1],
		],
		validation: [[1, 0.2]],
	},
	bestEpoch: 1,
	scores: [
		{
			name: "held-out stories",
			correct: 3,
			total: 4,
			kinds: [
				{ kind: "person", correct: 2, total: 2 },
				{ kind: "thing", correct: 1, total: 2 },
			],
		},
	],
	facts: [["weights", 122_607]],
	samples: [
		{
			question: { story: ["<b> went"], query: "XXXXX went" },
			answer: "mary",
			probability: 0.5,
			documentTokens: ["<b>", "went"],
			queryTokens: ["xxxxx", "went"],
			weights: Float32Array.of(0.25, 0.75, 1, 0),
		},
	],
	mistakes: [{ story: "mary went home .", query: "XXXXX went home .", got: "john", expected: "mary" }],
};

it("tells everything on one page, as text", () => {
	const html = renderReport(summary);
	for (const part of [
		"75.0 % (3 of 4)",
		"50.0 % (1 of 2)",
		"person",
		"the football is in the XXXXX .",
		"122607",
		"after epoch 1",
		"&lt;b&gt;",
		"Word by word",
		"Mistakes",
		"mary went home .",
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
