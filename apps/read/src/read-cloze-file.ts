import { readText, UserError } from "@heed/command-line";
import { type AnsweredQuestion, blank } from "./question.ts";
import { wordOf } from "./tokens.ts";

const form = "expected a line of `21 a sentence with XXXXX<TAB>answer<TAB><TAB>word|word|…`";

/**
 * Reads questions in the format of the Children's Book Test: numbered lines, from 1 in each story. The last line of a
 * story has tabs in it: the question, the answer, an empty column and the candidates.
 *
 *     1 Mary went to the kitchen .
 *     2 There she took the lamp .
 *     3 The XXXXX is in the kitchen .<TAB>lamp<TAB><TAB>lamp|kitchen|garden
 *
 * There 20 sentences and 10 candidates are usual, here any number will do. UTF-8, compressed when the name ends in
 * `.gz`. Empty lines are passed over.
 *
 * @throws UserError for a file that cannot be read, is no UTF-8 text, or has a line that does not fit.
 */
export function readClozeFile(path: string): AnsweredQuestion[] {
	const questions: AnsweredQuestion[] = [];
	let story: string[] = [];
	const lines = readText(path, "a file of questions").split(/\r?\n/u);
	lines.forEach((line, index) => {
		if (line.trim() === "") return;
		const refuse = (what: string): never => {
			throw new UserError(`${path}:${index + 1}: ${what}.`);
		};
		const [, number, text = ""] =
			/^(\d+) (.*)$/u.exec(line) ?? refuse("a line begins with a number and a space");
		if (Number(number) === 1 && story.length > 0)
			refuse("a story begins before the one above has its question");
		if (Number(number) !== story.length + 1) {
			refuse(`this is line ${number} of its story; expected ${story.length + 1}`);
		}
		if (!text.includes("\t")) {
			story.push(text);
			return;
		}
		const [query = "", answer = "", , listed = ""] = text.split("\t");
		const candidates = listed.split("|").map(wordOf).filter(Boolean);
		const word = wordOf(answer);
		if (!query.includes(blank)) refuse(`the question has no ${blank}`);
		if (word === "") refuse(`there is no answer; ${form}`);
		if (story.length === 0) refuse("a question without a story");
		if (candidates.length > 0 && !candidates.includes(word)) refuse("the answer is not among the candidates");
		questions.push({
			story,
			query,
			answer: word,
			kind: "cloze",
			...(candidates.length > 0 && { candidates }),
		});
		story = [];
	});
	if (story.length > 0) throw new UserError(`${path}: the last story has no question; ${form}.`);
	if (questions.length === 0) throw new UserError(`${path}: the file is empty; ${form}.`);
	return questions;
}
