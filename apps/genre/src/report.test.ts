import { expect, it } from "vitest";
import { renderReport, type TrainingSummary } from "./report.ts";
import { scoreLabels } from "./score.ts";
import { defaultsOf } from "./settings.ts";

const right = scoreLabels(["a", "b", "b", "b"], ["a", "b", "b", "<i>"]);
const wrong = scoreLabels(["b", "b", "b", "b"], ["a", "b", "b", "<i>"]);
const sentences = [{ words: ["<b>", "cat"], weight: 1, wordWeights: [0.2, 0.8] }];
const summary: TrainingSummary = {
	settings: defaultsOf("brown"),
	labels: ["a", "b"],
	curve: { training: [[0.5, 2]], validation: [[1, 0.2]] },
	bestEpoch: 1,
	facts: [["weights", 122_607]],
	model: { name: "this model", documents: right, pieces: right },
	baselines: [{ name: "always b", documents: wrong, pieces: wrong }],
	samples: [
		{
			piece: { document: "ca01", label: "a", sentences: [["<b>", "cat"]] },
			classification: { logProbabilities: [Math.log(0.25), Math.log(0.75)], sentences },
		},
	],
};

it("tells everything on one page, as text", () => {
	const html = renderReport(summary);
	for (const part of [
		"Genres of the Brown corpus with hierarchical context attention",
		"75.00",
		"122607",
		"always b",
		"50.00",
		"after epoch 1",
		"ca01, a; taken for: b 75.0 %, a 25.0 %",
		"&lt;b&gt;",
		"&lt;i&gt;",
		"rgba(255,140,0,0.85)",
		"learningRate",
	]) {
		expect(html).toContain(part);
	}
	expect(html).not.toMatch(/<b>|<i>/);
	expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
	const headings = [...html.matchAll(/<h2>([^<]+)/g)].map(([, heading]) => heading);
	expect(headings).toEqual(["Training", "Mistakes", "Where it looks", "Settings"]);
	expect(html.match(/<section>/g)?.length).toBe(html.match(/<\/section>/g)?.length);
});

it("shows no attention where there is none", () => {
	const { settings } = summary;
	const mean = { ...settings, model: { ...settings.model, pooling: "mean" as const } };
	const html = renderReport({ ...summary, settings: mean });
	expect(html).toContain("there is no attention to show");
	expect(html).not.toContain("rgba(255,140,0");
	expect(renderReport({ ...summary, samples: [] })).not.toContain("Where it looks");
});
