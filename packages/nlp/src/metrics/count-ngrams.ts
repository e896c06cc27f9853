/** How often each n-gram of an order occurs, its tokens joined by `joint`. */
export function countNgrams(tokens: readonly string[], order: number, joint = " "): Map<string, number> {
	const counts = new Map<string, number>();
	for (let start = 0; start + order <= tokens.length; start++) {
		const ngram = tokens.slice(start, start + order).join(joint);
		counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
	}
	return counts;
}
