import { UserError } from "@heed/command-line";
import { expect, it } from "vitest";
import { parseQuestion } from "./parse-question.ts";

it("finds the question among the sentences, wherever it stands", () => {
	const story = ["Mary went to the kitchen.", "She took 3.5 lamps."];
	const query = "The lamp is in the xxxxx.";
	expect(parseQuestion(`${story.join(" ")} ${query}`)).toEqual({ story, query });
	expect(parseQuestion(`${query} ${story.join("\n")}\n`)).toEqual({ story, query });
	expect(parseQuestion("mary went home . XXXXX went home .")).toEqual({
		story: ["mary went home."],
		query: "XXXXX went home.",
	});
	expect(parseQuestion("Mary went home\nXXXXX went home")).toEqual({
		story: ["Mary went home"],
		query: "XXXXX went home",
	});
});

it.each([
	["Mary went home.", 'no sentence of "Mary went home." has XXXXX for the answer'],
	["", "no sentence of"],
	["XXXXX went home.", "is a question without a story"],
	["XXXXX went. Mary went. XXXXX came.", "2 sentences of"],
])("refuses %j", (text, message) => {
	expect(() => parseQuestion(text)).toThrow(UserError);
	expect(() => parseQuestion(text)).toThrow(message);
});
