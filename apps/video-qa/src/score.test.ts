import { describe, expect, it } from "vitest";
import { describeScore, majorityAnswers, scoreAnswers } from "./score.ts";

const asked = (
	type: string,
	text: string,
	answer: string,
): { type: string; text: string; answer: string } => ({
	type,
	text,
	answer,
});

describe("scoreAnswers", () => {
	it("counts by kind and all together", () => {
		const questions = [asked("order", "a", "1"), asked("count", "b", "once"), asked("order", "c", "2")];
		const score = scoreAnswers(questions, ["1", "twice", "3"]);
		expect(describeScore(score)).toBe("accuracy 33.33 % (1 of 3 questions; count 0.00 %, order 50.00 %)");
	});
});

describe("majorityAnswers", () => {
	it("takes the most frequent answer to the same question, or else to questions of its kind", () => {
		const trained = [
			asked("count", "how many 3", "twice"),
			asked("count", "how many 3", "once"),
			asked("count", "how many 3", "once"),
			asked("count", "how many 4", "never"),
			asked("count", "how many 4", "never"),
			asked("count", "how many 4", "never"),
		];
		const questions = ["how many 3", "how many 4", "how many 5"].map((text) => asked("count", text, ""));
		expect(majorityAnswers(trained, questions)).toEqual(["once", "never", "never"]);
		expect(majorityAnswers(trained, [asked("order", "what", "")])).toEqual([""]);
	});
});
