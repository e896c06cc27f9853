import { checkChoice, checkNumber, checkOptions } from "@heed/core";
import { checkCorpus, type ReferenceTexts, referenceCount } from "./check-corpus.ts";
import { countNgrams } from "./count-ngrams.ts";
import { splitSpaces, tokenize13a } from "./tokenize-13a.ts";

/** What {@link bleu} accepts. */
export interface BleuOptions {
	/** `13a` (default): the shared tasks' tokens. `none`: the texts are tokenised already, by spaces. */
	readonly tokenize?: "13a" | "none" | undefined;
	/** What an order without a match counts. `exp` (default): 1/2, 1/4, … match. `none`: 0, and so the score. */
	readonly smoothing?: "exp" | "none" | undefined;
	/** The longest n-gram. Default 4. */
	readonly maxOrder?: number | undefined;
	/** Compare in lower case. Default false. */
	readonly lowercase?: boolean | undefined;
}

/** What {@link bleu} found. */
export interface BleuScore {
	/** BLEU, 0 to 100. */
	readonly score: number;
	/** Smoothed precision of each order, 0 to 100. */
	readonly precisions: readonly number[];
	/** Matches of each order, clipped at how often the reference has the n-gram. */
	readonly matches: readonly number[];
	/** N-grams of the hypotheses, by order. */
	readonly totals: readonly number[];
	/** 1, or less when the hypotheses are shorter than the references. */
	readonly brevityPenalty: number;
	readonly hypothesisLength: number;
	/** The sum of the lengths of the references that are nearest in length; ties take the shorter. */
	readonly referenceLength: number;
	/** The settings in sacreBLEU's notation, to be printed beside the score. */
	readonly signature: string;
}

/**
 * Corpus BLEU, equal to sacreBLEU's with the same settings.
 *
 *     BLEU = BP · exp( 1/N Σₙ log pₙ )      BP = min(1, exp(1 − references / hypotheses))
 *
 * where pₙ is the share of the corpus's n-grams that the references have too, each counted at most as often as in one
 * reference. Counts are summed over the corpus before dividing: it is not the mean of sentence scores, and on a single
 * sentence it says little.
 *
 * Papers: "BLEU: a Method for Automatic Evaluation of Machine Translation", 2002,
 * https://aclanthology.org/P02-1040; smoothing is method 3 of "A Systematic Comparison of Smoothing Techniques for
 * Sentence-Level BLEU", 2014, https://aclanthology.org/W14-3346.
 *
 * @param hypotheses One translation per sentence.
 * @param references For each hypothesis one reference, or several.
 * @throws HeedError `VALUE` for different numbers of sentences or none, `OPTION`.
 */
export function bleu(
	hypotheses: readonly string[],
	references: ReferenceTexts,
	options: BleuOptions = {},
): BleuScore {
	const { tokenize = "13a", smoothing = "exp", maxOrder = 4, lowercase = false } = checked(options);
	checkCorpus("bleu", hypotheses, references);
	const split = tokenize === "13a" ? tokenize13a : splitSpaces;
	const tokensOf = (text: string): string[] => split((lowercase ? text.toLowerCase() : text).trimEnd());

	const matches = new Array<number>(maxOrder).fill(0);
	const totals = new Array<number>(maxOrder).fill(0);
	let hypothesisLength = 0;
	let referenceLength = 0;
	hypotheses.forEach((text, i) => {
		const hypothesis = tokensOf(text);
		const candidates = [references[i] ?? ""].flat().map(tokensOf);
		hypothesisLength += hypothesis.length;
		referenceLength += nearestLength(hypothesis.length, candidates);
		for (let order = 1; order <= maxOrder; order++) {
			const allowed = candidates.map((tokens) => countNgrams(tokens, order));
			for (const [ngram, count] of countNgrams(hypothesis, order)) {
				const most = Math.max(...allowed.map((counts) => counts.get(ngram) ?? 0));
				matches[order - 1] = (matches[order - 1] ?? 0) + Math.min(count, most);
				totals[order - 1] = (totals[order - 1] ?? 0) + count;
			}
		}
	});

	const brevityPenalty =
		hypothesisLength >= referenceLength
			? 1
			: hypothesisLength === 0
				? 0
				: Math.exp(1 - referenceLength / hypothesisLength);
	const precisions = smoothedPrecisions(matches, totals, smoothing);
	const logMean = precisions.reduce((sum, precision) => sum + Math.log(precision), 0) / maxOrder;
	return {
		score: brevityPenalty * Math.exp(logMean), // a precision of 0 gives exp(-Infinity) = 0
		precisions,
		matches,
		totals,
		brevityPenalty,
		hypothesisLength,
		referenceLength,
		signature: signatureOf(references, { tokenize, smoothing, maxOrder, lowercase }),
	};
}

/** Each order without a match counts half of what the one before it counted: 1/2, 1/4, … of one match. */
function smoothedPrecisions(
	matches: readonly number[],
	totals: readonly number[],
	smoothing: "exp" | "none",
): number[] {
	if (matches.every((count) => count === 0)) return matches.map(() => 0);
	let share = 1;
	return matches.map((count, i) => {
		const total = totals[i] ?? 0;
		if (total === 0) return 0; // no hypothesis is that long
		if (count > 0 || smoothing === "none") return (100 * count) / total;
		share /= 2;
		return (100 * share) / total;
	});
}

function nearestLength(length: number, references: readonly (readonly string[])[]): number {
	const distance = (candidate: number): number => Math.abs(candidate - length);
	return references
		.map((tokens) => tokens.length)
		.reduce((best, candidate) => {
			const nearer = distance(candidate) - distance(best);
			return nearer < 0 || (nearer === 0 && candidate < best) ? candidate : best;
		});
}

function signatureOf(
	references: ReferenceTexts,
	{ tokenize, smoothing, maxOrder, lowercase }: Required<BleuOptions>,
): string {
	const parts = [
		`nrefs:${referenceCount(references)}`,
		`case:${lowercase ? "lc" : "mixed"}`,
		"eff:no",
		`tok:${tokenize}`,
		`smooth:${smoothing}`,
	];
	if (maxOrder !== 4) parts.push(`order:${maxOrder}`);
	return parts.join("|");
}

function checked(options: BleuOptions): BleuOptions {
	checkOptions("bleu", options, ["tokenize", "smoothing", "maxOrder", "lowercase"]);
	if (options.tokenize !== undefined) checkChoice("bleu", "tokenize", options.tokenize, ["13a", "none"]);
	if (options.smoothing !== undefined) checkChoice("bleu", "smoothing", options.smoothing, ["exp", "none"]);
	if (options.maxOrder !== undefined)
		checkNumber("bleu", "maxOrder", options.maxOrder, { integer: true, min: 1 });
	return options;
}
