import { bleu, chrf, exactMatch } from "@heed/nlp";
import type { Pair } from "./pair.ts";

/** How good the translations of the held-out texts are. */
export interface Score {
	/** What the number is, for instance `BLEU`. */
	readonly name: "exact match" | "BLEU" | "chrF";
	/** 0 to 100. */
	readonly value: number;
	/** One line that says it all. */
	readonly text: string;
}

/** Judges dates: a date is right or wrong. */
export function exactScore(hypotheses: readonly string[], pairs: readonly Pair[]): Score {
	const { correct, total, accuracy } = exactMatch(
		hypotheses,
		pairs.map(({ target }) => target),
	);
	const value = 100 * accuracy;
	return { name: "exact match", value, text: `exact match ${value.toFixed(2)} % (${correct} of ${total})` };
}

/** Judges sentences by corpus BLEU against all known translations of each. */
export function bleuScore(hypotheses: readonly string[], groups: readonly SourceGroup[]): Score {
	const result = bleu(
		hypotheses,
		groups.map(({ references }) => references),
	);
	const detail = `BP ${result.brevityPenalty.toFixed(3)}, ${result.signature}`;
	return { name: "BLEU", value: result.score, text: `BLEU ${result.score.toFixed(2)} (${detail})` };
}

/** Judges sentences by corpus chrF, of the best-fitting known translation of each. */
export function chrfScore(hypotheses: readonly string[], groups: readonly SourceGroup[]): Score {
	const { score, signature } = chrf(
		hypotheses,
		groups.map(({ references }) => references),
	);
	return { name: "chrF", value: score, text: `chrF ${score.toFixed(2)} (${signature})` };
}

/** A source text with all its known translations. */
export interface SourceGroup {
	readonly source: string;
	readonly references: readonly string[];
}

/** Puts the translations of each source together, in the order of the sources. */
export function groupBySource(pairs: readonly Pair[]): SourceGroup[] {
	const groups = new Map<string, string[]>();
	for (const { source, target } of pairs) {
		const references = groups.get(source);
		if (references === undefined) groups.set(source, [target]);
		else references.push(target);
	}
	return [...groups].map(([source, references]) => ({ source, references }));
}
