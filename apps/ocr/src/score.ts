/** How well words were read. */
export interface Score {
	readonly words: number;
	/** Words that were read without a mistake. */
	readonly right: number;
	/** Letters of the words. */
	readonly letters: number;
	/** Letters to change, to add or to take away, for what was read to become the words. */
	readonly edits: number;
}

/** Compares what was read with the words. */
export function scoreWords(read: readonly string[], words: readonly string[]): Score {
	let [right, letters, edits] = [0, 0, 0];
	words.forEach((word, i) => {
		const found = read[i] ?? "";
		if (found === word) right++;
		letters += word.length;
		edits += editDistance(found, word);
	});
	return { words: words.length, right, letters, edits };
}

/** Share of words that were read without a mistake, 0 to 100. */
export function wordAccuracy({ right, words }: Score): number {
	return words === 0 ? 0 : (100 * right) / words;
}

/** 100 minus the edits per 100 letters. */
export function letterAccuracy({ letters, edits }: Score): number {
	return letters === 0 ? 0 : 100 - (100 * edits) / letters;
}

/** `letters 98.76 %, words 91.20 % (2422 of 2656)`. */
export function scoreText(score: Score): string {
	const { right, words } = score;
	return `letters ${letterAccuracy(score).toFixed(2)} %, words ${wordAccuracy(score).toFixed(2)} % (${right} of ${words})`;
}

/** The fewest letters to change, to add or to take away that make one text of another (Levenshtein). */
export function editDistance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (const [i, letter] of [...a].entries()) {
		const next = [i + 1];
		for (let j = 0; j < b.length; j++) {
			const changed = (row[j] ?? 0) + (letter === b[j] ? 0 : 1);
			next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
		}
		row = next;
	}
	return row[b.length] ?? 0;
}
