import type { Answer } from "./networks/recognizer.ts";

/** How often a network is wrong. */
export interface Score {
	readonly wrong: number;
	readonly count: number;
	/** Of all, in percent. */
	readonly error: number;
	/** As a person reads it. */
	readonly text: string;
}

/** One kind of mistake. */
export interface Confusion {
	readonly expected: number;
	readonly got: number;
	readonly count: number;
}

/** Compares what was said with what is there. */
export function scoreAnswers(answers: readonly Answer[], labels: Uint8Array): Score {
	const wrong = answers.filter(({ digit }, i) => digit !== labels[i]).length;
	const count = answers.length;
	const error = (100 * wrong) / count;
	return { wrong, count, error, text: `error ${error.toFixed(2)} % (${wrong} of ${count} pictures)` };
}

/** The most frequent mistakes, at most so many. */
export function confusions(answers: readonly Answer[], labels: Uint8Array, most: number): Confusion[] {
	const counts = new Map<string, Confusion>();
	answers.forEach(({ digit: got }, i) => {
		const expected = labels[i] ?? 0;
		if (got === expected) return;
		const key = `${expected} ${got}`;
		counts.set(key, { expected, got, count: (counts.get(key)?.count ?? 0) + 1 });
	});
	return [...counts.values()].sort((a, b) => b.count - a.count).slice(0, most);
}
