import type { Question } from "./video.ts";

/** How many answers are right. */
export interface Share {
	readonly right: number;
	readonly count: number;
}

/** How well questions were answered: each kind in the order in which they came, and all together. */
export interface Score {
	readonly types: ReadonlyMap<string, Share>;
	readonly all: Share;
}

/** Compares answers with what is right. */
export function scoreAnswers(questions: readonly Question[], answers: readonly string[]): Score {
	const types = new Map<string, { right: number; count: number }>();
	const all = { right: 0, count: 0 };
	questions.forEach(({ type, answer }, i) => {
		const own = types.get(type) ?? { right: 0, count: 0 };
		types.set(type, own);
		for (const share of [own, all]) {
			share.count++;
			if (answers[i] === answer) share.right++;
		}
	});
	return { types: new Map([...types].sort(([a], [b]) => (a < b ? -1 : 1))), all };
}

/** A {@link Score} as JSON has it. */
export interface ScoreJson {
	readonly types: readonly (readonly [type: string, share: Share])[];
	readonly all: Share;
}

/** The score as JSON. */
export function scoreJson({ types, all }: Score): ScoreJson {
	return { types: [...types], all };
}

/** What {@link scoreJson} made. */
export function readScore({ types, all }: ScoreJson): Score {
	return { types: new Map(types), all };
}

/** `87.50`. */
export function percent({ right, count }: Share): string {
	return ((100 * right) / Math.max(1, count)).toFixed(2);
}

/** `accuracy 87.50 % (175 of 200 questions: count 80.00 %, order 90.00 %)`. */
export function describeScore({ types, all }: Score): string {
	const each = [...types].map(([type, share]) => `${type} ${percent(share)} %`).join(", ");
	return `accuracy ${percent(all)} % (${all.right} of ${all.count} questions; ${each})`;
}

/**
 * What the questions alone tell: the most frequent answer to the same question in the training, or, for one that was not
 * there, to questions of its kind.
 *
 * @returns An answer for each of `asked`.
 */
export function majorityAnswers(trained: readonly Question[], asked: readonly Question[]): string[] {
	const byText = majorities(trained, ({ text }) => text);
	const byType = majorities(trained, ({ type }) => type);
	return asked.map(({ text, type }) => byText.get(text) ?? byType.get(type) ?? "");
}

function majorities(
	questions: readonly Question[],
	keyOf: (question: Question) => string,
): Map<string, string> {
	const counts = new Map<string, Map<string, number>>();
	for (const question of questions) {
		const key = keyOf(question);
		const own = counts.get(key) ?? new Map<string, number>();
		counts.set(key, own.set(question.answer, (own.get(question.answer) ?? 0) + 1));
	}
	const most = (own: ReadonlyMap<string, number>): string =>
		[...own].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
	return new Map([...counts].map(([key, own]) => [key, most(own)]));
}
