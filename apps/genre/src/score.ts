/** How well one label was found. */
export interface LabelScore {
	/** How many of them there are. */
	readonly there: number;
	readonly precision: number;
	readonly recall: number;
	readonly f1: number;
}

/** How well labels were found. */
export interface Score {
	/** Share of right labels, 0 to 1. */
	readonly accuracy: number;
	/** The mean of the F1 of all labels that are there or were given, 0 to 1. */
	readonly macroF1: number;
	readonly correct: number;
	readonly total: number;
	readonly labels: ReadonlyMap<string, LabelScore>;
	/** How often which label (outer) was taken for which (inner). */
	readonly confusion: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Compares labels with those that were expected. */
export function scoreLabels(predicted: readonly string[], expected: readonly string[]): Score {
	const confusion = new Map<string, Map<string, number>>();
	const [there, given, right] = [new Map(), new Map(), new Map()] as Map<string, number>[] as [
		Map<string, number>,
		Map<string, number>,
		Map<string, number>,
	];
	expected.forEach((label, i) => {
		const got = predicted[i] ?? "";
		count(there, label);
		count(given, got);
		if (got === label) count(right, label);
		const row = confusion.get(label) ?? new Map<string, number>();
		count(row, got);
		confusion.set(label, row);
	});
	const labels = new Map<string, LabelScore>();
	for (const label of [...new Set([...there.keys(), ...given.keys()])].sort()) {
		const hits = right.get(label) ?? 0;
		const [wanted, got] = [there.get(label) ?? 0, given.get(label) ?? 0];
		labels.set(label, {
			there: wanted,
			precision: share(hits, got),
			recall: share(hits, wanted),
			f1: share(2 * hits, wanted + got),
		});
	}
	const correct = [...right.values()].reduce((sum, hits) => sum + hits, 0);
	const f1 = [...labels.values()].reduce((sum, label) => sum + label.f1, 0);
	return {
		accuracy: share(correct, expected.length),
		macroF1: share(f1, labels.size),
		correct,
		total: expected.length,
		labels,
		confusion,
	};
}

/** `accuracy 62.22 % (56 of 90), macro-F1 55.31`. */
export function scoreText({ accuracy, macroF1, correct, total }: Score): string {
	return `accuracy ${percent(accuracy)} % (${correct} of ${total}), macro-F1 ${percent(macroF1)}`;
}

/** A share of 1 as a number of a hundred. */
export function percent(value: number): string {
	return (100 * value).toFixed(2);
}

function count(counts: Map<string, number>, key: string): void {
	counts.set(key, (counts.get(key) ?? 0) + 1);
}

function share(part: number, whole: number): number {
	return whole === 0 ? 0 : part / whole;
}
