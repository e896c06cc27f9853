import { answerQuestions } from "./answer.ts";
import type { Reader } from "./build-model.ts";
import type { AnsweredQuestion } from "./question.ts";
import type { Reading } from "./reading.ts";
import type { TrainingSummary } from "./report.ts";
import { type Score, scoreOf } from "./score.ts";
import type { Settings } from "./settings.ts";
import { lastNamed } from "./story-questions.ts";
import type { TaskData } from "./task-data.ts";

/** How many rows the report's table of mistakes has, at most. */
const tableRows = 24;

/**
 * Answers the questions of every set that was held out, and compares; so does a guess, where there is one. Samples and
 * mistakes are of the first set.
 */
export async function judge(
	model: Reader,
	{ codec, judged }: TaskData,
	{ model: { task }, run: { samples } }: Settings,
): Promise<Pick<TrainingSummary, "scores" | "samples" | "mistakes">> {
	const scores: Score[] = [];
	const guesses: Score[] = [];
	const answered: { question: AnsweredQuestion; reading: Reading }[] = [];
	for (const { name, questions } of judged) {
		const readings = await answerQuestions(model, codec, questions);
		scores.push(scoreOf(name, questions, readings));
		if (task === "stories") {
			const named = questions.map((question) => ({ answer: lastNamed(question) }));
			guesses.push(scoreOf(`${name}, guessing the last one named`, questions, named));
		}
		if (scores.length > 1) continue;
		readings.forEach((reading, i) => {
			const question = questions[i];
			if (question !== undefined) answered.push({ question, reading });
		});
	}
	const wrong = answered.filter(({ question, reading }) => reading.answer !== question.answer);
	return {
		scores: [...scores, ...guesses],
		samples: oneOfEach(answered, samples).map(({ reading }) => reading),
		mistakes: wrong.slice(0, tableRows).map(({ question, reading }) => ({
			story: question.story.join(" "),
			query: question.query,
			got: reading.answer,
			expected: question.answer,
		})),
	};
}

/** So many questions: the first of each kind, then the second of each, and so on. */
function oneOfEach<Item extends { readonly question: AnsweredQuestion }>(
	items: readonly Item[],
	count: number,
): Item[] {
	const seen = new Map<string, number>();
	const ranked = items.map((item) => {
		const rank = seen.get(item.question.kind) ?? 0;
		seen.set(item.question.kind, rank + 1);
		return { item, rank };
	});
	return ranked
		.sort((a, b) => a.rank - b.rank) // stable: within a rank the order stays
		.slice(0, count)
		.map(({ item }) => item);
}
