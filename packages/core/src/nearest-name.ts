/**
 * Which of some names was meant by one that is none of them, for a message that says so: the one that takes the fewest changes of a
 * letter to become `text`, if these are at most half of its letters. Upper case is lower case.
 *
 * When not to use it: to search; it compares whole words, with each name in turn.
 */
export function nearestName<Name extends string>(text: string, names: readonly Name[]): Name | undefined {
	const meant = text.toLowerCase();
	const [nearest] = names
		.map((name) => [name, distance(meant, name.toLowerCase())] as const)
		.sort((a, b) => a[1] - b[1]);
	return nearest !== undefined && nearest[1] <= text.length / 2 ? nearest[0] : undefined;
}

/** Damerau's distance: letters put in, left out or replaced, and neighbours that changed places. */
function distance(a: string, b: string): number {
	const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
	const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		rows.push(row);
		for (let j = 1; j <= b.length; j++) {
			const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
			const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : replaced;
			row.push(Math.min(replaced, swapped, at(i - 1, j) + 1, at(i, j - 1) + 1));
		}
	}
	return at(a.length, b.length);
}
