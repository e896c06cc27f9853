import { expect, it } from "vitest";
import { percentOf, scoreOf } from "./score.ts";

it("counts right answers by kind, in the order of the kinds", () => {
	const question = (kind: string, answer: string) => ({ story: [], query: "", kind, answer });
	const questions = [
		question("thing", "attic"),
		question("person", "attic"),
		question("thing", "garden"),
		question("person", "office"),
	];
	const answers = ["attic", "attic", "office", "office"].map((answer) => ({ answer }));
	const score = scoreOf("a set", questions, answers);
	expect(score).toEqual({
		name: "a set",
		correct: 3,
		total: 4,
		kinds: [
			{ kind: "person", correct: 2, total: 2 },
			{ kind: "thing", correct: 1, total: 2 },
		],
	});
	expect(percentOf(score)).toBe("75.0 % (3 of 4)");
	expect(percentOf({ correct: 0, total: 0 })).toBe("0.0 % (0 of 0)");
});
