import { expect, it } from "vitest";
import { joinPieces, rankLabels } from "./classification.ts";

const logs = (...values: number[]): number[] => values.map(Math.log);

it("adds up what pieces say, and gives each the same share of the attention", () => {
	const joined = joinPieces([
		{ logProbabilities: logs(0.5, 0.25), sentences: [{ words: ["a"], weight: 1, wordWeights: [1] }] },
		{
			logProbabilities: logs(0.1, 0.8),
			sentences: [
				{ words: ["b"], weight: 0.75, wordWeights: [1] },
				{ words: ["c"], weight: 0.25, wordWeights: [1] },
			],
		},
	]);
	expect(joined.logProbabilities[0]).toBeCloseTo(Math.log(0.05));
	expect(joined.logProbabilities[1]).toBeCloseTo(Math.log(0.2));
	expect(joined.sentences.map(({ weight }) => weight)).toEqual([0.5, 0.375, 0.125]);
	const plain = [{ words: ["a"] }];
	expect(joinPieces([{ logProbabilities: [0], sentences: plain }]).sentences).toEqual(plain);
});

it("ranks labels by the mean over the pieces", () => {
	const ranked = rankLabels(logs(0.05, 0.2), ["x", "y"], 2);
	expect(ranked.map(({ label }) => label)).toEqual(["y", "x"]);
	const total = Math.sqrt(0.05) + Math.sqrt(0.2);
	expect(ranked[0]?.probability).toBeCloseTo(Math.sqrt(0.2) / total);
	expect(ranked[1]?.probability).toBeCloseTo(Math.sqrt(0.05) / total);
	expect(rankLabels([-2000, -2001], ["x", "y"])[0]?.probability).toBeCloseTo(1 / (1 + Math.exp(-1)));
});
