import { expect, it } from "vitest";
import { learnNaiveBayes, likeliest } from "./naive-bayes.ts";

const train = [
	{ label: 0, sentences: [[4, 4], [5]] },
	{ label: 1, sentences: [[5, 6]] },
	{ label: 1, sentences: [[6]] },
];

it("gives the log of P(label) Π P(word | label)", () => {
	const { classify, smoothing } = learnNaiveBayes(train, [], { classes: 2, words: 7 });
	expect(smoothing).toBe(1); // the first, where nothing decides
	const scores = classify([[4], [6, 6]]);
	expect(scores[0]).toBeCloseTo(Math.log((1 / 3) * (3 / 10) * (1 / 10) ** 2));
	expect(scores[1]).toBeCloseTo(Math.log((2 / 3) * (1 / 10) * (3 / 10) ** 2));
	expect(likeliest(scores)).toBe(1);
});

it("chooses the smoothing that the validation pieces are classified best with", () => {
	// With 1 the prior of 3 to 1 outweighs a word that was seen once with the rarer label, 2 to 1; with 0.3 it does not, 13 to 3.
	const uneven = [
		{ label: 0, sentences: [[4, 5, 5]] },
		...Array.from({ length: 3 }, () => ({ label: 1, sentences: [[6]] })),
	];
	const sizes = { classes: 2, words: 7 };
	const { classify, smoothing } = learnNaiveBayes(uneven, [{ label: 0, sentences: [[4]] }], sizes);
	expect(smoothing).toBe(0.3);
	expect(likeliest(classify([[4]]))).toBe(0);
	expect(likeliest(learnNaiveBayes(uneven, [], sizes).classify([[4]]))).toBe(1);
});
