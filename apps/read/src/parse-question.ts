import { UserError } from "@heed/command-line";
import { blank, type Question } from "./question.ts";

/** Where one sentence ends: at the end of a line, or behind a mark that a space follows. */
const ends = /\n+|(?<=[.!?])\s+/u;

/**
 * Takes a text apart: the sentence with the blank is the question, the others are the story, wherever it stands.
 *
 * @throws UserError unless exactly one sentence has a blank and another has none.
 */
export function parseQuestion(text: string): Question {
	// A mark may stand alone, as in `mary went home .`: it belongs to the words before it.
	const sentences = text
		.replace(/[^\S\n]+(?=[.!?])/gu, "")
		.split(ends)
		.map((sentence) => sentence.trim())
		.filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
	const asks = (sentence: string): boolean => sentence.toLowerCase().includes(blank.toLowerCase());
	const questions = sentences.filter(asks);
	const story = sentences.filter((sentence) => !asks(sentence));
	const [query] = questions;
	const begin = JSON.stringify(text.trim().slice(0, 40));
	if (query === undefined) {
		throw new UserError(
			`no sentence of ${begin} has ${blank} for the answer, as in: Mary is in the ${blank}.`,
		);
	}
	if (questions.length > 1)
		throw new UserError(`${questions.length} sentences of ${begin} have ${blank}; give one.`);
	if (story.length === 0)
		throw new UserError(`${begin} is a question without a story; put the story before it.`);
	return { story, query };
}
