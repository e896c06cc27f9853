/** Of several names the one that is most like another, by the fewest letters put in, left out or changed; upper case is lower case. */
export function nearestName(wrong: string, names: readonly string[]): string {
	const from = wrong.toLowerCase();
	const distances = names.map((name) => letterDistance(from, name.toLowerCase()));
	return names[distances.indexOf(Math.min(...distances))] ?? "";
}

/** How many letters must be put in, left out or changed to make one word of another (Levenshtein). */
function letterDistance(from: string, to: string): number {
	let row = Array.from({ length: to.length + 1 }, (_, j) => j);
	for (const [i, letter] of [...from].entries()) {
		const next = [i + 1];
		for (const [j, other] of [...to].entries()) {
			const changed = (row[j] ?? 0) + Number(letter !== other);
			next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
		}
		row = next;
	}
	return row[to.length] ?? 0;
}
