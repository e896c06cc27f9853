import type { AnsweredQuestion } from "./question.ts";
import type { Reading } from "./reading.ts";
import { storyKinds } from "./story-questions.ts";

/** How many questions of a kind were answered right. */
export interface KindScore {
	readonly kind: string;
	readonly correct: number;
	readonly total: number;
}

/** How good the answers to a set of questions are. */
export interface Score {
	/** Of which questions, for instance `held-out stories`. */
	readonly name: string;
	readonly correct: number;
	readonly total: number;
	/** The same for each kind of question, those about stories from the easiest on. */
	readonly kinds: readonly KindScore[];
}

/** Compares answers with what they should be; the word has to be the same. */
export function scoreOf(
	name: string,
	questions: readonly AnsweredQuestion[],
	readings: readonly Pick<Reading, "answer">[],
): Score {
	const kinds = new Map<string, { correct: number; total: number }>();
	questions.forEach(({ kind, answer }, i) => {
		const count = kinds.get(kind) ?? { correct: 0, total: 0 };
		count.total++;
		if (readings[i]?.answer === answer) count.correct++;
		kinds.set(kind, count);
	});
	const order = storyKinds.map(({ kind }): string => kind);
	const all = [...kinds]
		.map(([kind, counts]): KindScore => ({ kind, ...counts }))
		.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
	const sum = (of: "correct" | "total"): number => all.reduce((total, score) => total + score[of], 0);
	return { name, correct: sum("correct"), total: sum("total"), kinds: all };
}

/** `97.5 % (39 of 40)`. */
export function percentOf({ correct, total }: Pick<KindScore, "correct" | "total">): string {
	return `${((100 * correct) / Math.max(1, total)).toFixed(1)} % (${correct} of ${total})`;
}
