/** One result of a search, in plain arrays. */
export interface Hypothesis {
	/** The generated ids, the EOS at the end included if there is one, the BOS not. */
	readonly tokens: readonly number[];
	/** The sum of the log-probabilities that the model gives the tokens. */
	readonly logProb: number;
	/** `logProb` after the penalties of a beam search, which ranks by it. */
	readonly score: number;
	/** Where the model looked for each token, row-major `[tokens, source]`; only if the model says. */
	readonly alignment?: Float32Array;
}

/** A token of a hypothesis in the making; hypotheses share their beginnings. */
export interface Path {
	readonly token: number;
	/** Up to and including this token. */
	readonly logProb: number;
	/** Number of tokens up to and including this one. */
	readonly length: number;
	readonly alignment: Float32Array | undefined;
	readonly parent: Path | undefined;
}

/** The tokens of a path, first to last. */
export function tokensOf(path: Path | undefined): number[] {
	const tokens: number[] = [];
	for (let at = path; at !== undefined; at = at.parent) tokens.push(at.token);
	return tokens.reverse();
}

/** A path as a result; without one, nothing was generated. */
export function toHypothesis(path: Path | undefined, score: number): Hypothesis {
	if (path === undefined) return { tokens: [], logProb: 0, score };
	const { logProb, length } = path;
	const hypothesis = { tokens: tokensOf(path), logProb, score };
	const width = path.alignment?.length;
	if (width === undefined) return hypothesis;
	const alignment = new Float32Array(length * width);
	for (let at: Path | undefined = path; at !== undefined; at = at.parent) {
		alignment.set(at.alignment ?? [], (at.length - 1) * width);
	}
	return { ...hypothesis, alignment };
}
