import { checkFlag, checkNumber, checkOptions } from "@heed/core";
import { checkCorpus, type ReferenceTexts, referenceCount } from "./check-corpus.ts";
import { countNgrams } from "./count-ngrams.ts";
import { splitSpaces } from "./tokenize-13a.ts";

/** What {@link chrf} accepts. */
export interface ChrfOptions {
	/** The longest n-gram of characters. Default 6. */
	readonly charOrder?: number | undefined;
	/** The longest n-gram of words. Default 0: none; 2 makes it chrF++. */
	readonly wordOrder?: number | undefined;
	/** How many times as much recall counts as precision. Default 2. */
	readonly beta?: number | undefined;
	/** Compare in lower case. Default false. */
	readonly lowercase?: boolean | undefined;
	/** Spaces are characters too. Default false. */
	readonly whitespace?: boolean | undefined;
}

/** What {@link chrf} found. */
export interface ChrfScore {
	/** chrF, 0 to 100. */
	readonly score: number;
	/** The settings in sacreBLEU's notation, to be printed beside the score. */
	readonly signature: string;
}

type Settings = Required<{ [Name in keyof ChrfOptions]: NonNullable<ChrfOptions[Name]> }>;

/** What an order counts: n-grams of the hypothesis, of the reference, and of both. */
type Counts = readonly [hypothesis: number, reference: number, matches: number];

/**
 * Corpus chrF, the F-score of character n-grams, equal to sacreBLEU's with the same settings.
 *
 *     chrF = (1 + β²) · P · R / (β² · P + R)
 *
 * where P and R are the means over the orders of the share of the hypotheses' n-grams that the reference has too, and of
 * the reference's that the hypothesis has. Counts are summed over the corpus before dividing; orders that no text is
 * long enough for are left out. Of several references each hypothesis takes the one that it scores best with. Needs no
 * tokeniser, and sees that a word has only another ending: of use for languages with many forms or without spaces.
 *
 * Popović, "chrF: character n-gram F-score for automatic MT evaluation", 2015, https://aclanthology.org/W15-3049; with
 * words "chrF++: words helping character n-grams", 2017, https://aclanthology.org/W17-4770.
 *
 * When not to use it: for summaries, which are measured by ROUGE (the package `js-rouge` on npm has it).
 *
 * @param hypotheses One translation per sentence.
 * @param references For each hypothesis one reference, or several.
 * @throws HeedError `VALUE` for different numbers of sentences or none, `OPTION`.
 */
export function chrf(
	hypotheses: readonly string[],
	references: ReferenceTexts,
	options: ChrfOptions = {},
): ChrfScore {
	const settings = resolve(options);
	checkCorpus("chrf", hypotheses, references);
	const sums: Counts[] = [];
	hypotheses.forEach((hypothesis, i) => {
		const own = ngramsOf(hypothesis, settings);
		let best: { readonly counts: Counts[]; readonly score: number } | undefined;
		for (const reference of [references[i] ?? ""].flat()) {
			const counts = compare(own, ngramsOf(reference, settings));
			const score = fScore(counts, settings.beta);
			if (best === undefined || score > best.score) best = { counts, score };
		}
		best?.counts.forEach(([h, r, m], order) => {
			const [hypothesisSum, referenceSum, matchSum] = sums[order] ?? [0, 0, 0];
			sums[order] = [hypothesisSum + h, referenceSum + r, matchSum + m];
		});
	});
	const { charOrder, wordOrder, beta, lowercase, whitespace } = settings;
	const parts = [
		`nrefs:${referenceCount(references)}`,
		`case:${lowercase ? "lc" : "mixed"}`,
		"eff:yes",
		`nc:${charOrder}`,
		`nw:${wordOrder}`,
		`space:${whitespace ? "yes" : "no"}`,
	];
	if (beta !== 2) parts.push(`beta:${beta}`);
	return { score: fScore(sums, beta), signature: parts.join("|") };
}

/** The n-grams of each order: those of characters, then those of words. */
function ngramsOf(text: string, settings: Settings): Map<string, number>[] {
	const cased = settings.lowercase ? text.toLowerCase() : text;
	const characters = [...(settings.whitespace ? cased : splitSpaces(cased).join(""))]; // code points, not UTF-16 units
	const words = settings.wordOrder > 0 ? splitSpaces(cased).flatMap(splitPunctuation) : [];
	return [
		...Array.from({ length: settings.charOrder }, (_, i) => countNgrams(characters, i + 1, "")),
		...Array.from({ length: settings.wordOrder }, (_, i) => countNgrams(words, i + 1)),
	];
}

/** Cuts one mark of ASCII off a word, at its end or else at its beginning, as the reference does. */
function splitPunctuation(word: string): string[] {
	const characters = [...word];
	if (characters.length === 1) return [word];
	if (isMark(characters.at(-1))) return [characters.slice(0, -1).join(""), characters.at(-1) as string];
	if (isMark(characters[0])) return [characters[0] as string, characters.slice(1).join("")];
	return [word];
}

const isMark = (character: string | undefined): boolean => /^[!-/:-@[-`{-~]$/.test(character ?? "");

function compare(
	hypothesis: readonly Map<string, number>[],
	reference: readonly Map<string, number>[],
): Counts[] {
	return hypothesis.map((own, order): Counts => {
		const theirs = reference[order] ?? new Map<string, number>();
		const matches = [...own].map(([ngram, count]) => Math.min(count, theirs.get(ngram) ?? 0));
		// Where the reference is too short for an order, the hypothesis has nothing to be right or wrong about.
		return [theirs.size > 0 ? sum(own.values()) : 0, sum(theirs.values()), sum(matches)];
	});
}

/** 0 to 100. */
function fScore(counts: readonly Counts[], beta: number): number {
	const usable = counts.filter(([hypothesis, reference]) => hypothesis > 0 && reference > 0);
	const precision = sum(usable.map(([hypothesis, , matches]) => matches / hypothesis)) / usable.length;
	const recall = sum(usable.map(([, reference, matches]) => matches / reference)) / usable.length;
	if (!(precision + recall > 0)) return 0; // NaN where no order is usable
	return (100 * (1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall);
}

function sum(values: Iterable<number>): number {
	let total = 0;
	for (const value of values) total += value;
	return total;
}

function resolve(options: ChrfOptions): Settings {
	checkOptions("chrf", options, ["charOrder", "wordOrder", "beta", "lowercase", "whitespace"]);
	const { charOrder = 6, wordOrder = 0, beta = 2, lowercase = false, whitespace = false } = options;
	checkNumber("chrf", "charOrder", charOrder, { integer: true, min: 1 });
	checkNumber("chrf", "wordOrder", wordOrder, { integer: true, min: 0 });
	checkNumber("chrf", "beta", beta, { above: 0 });
	checkFlag("chrf", "lowercase", lowercase);
	checkFlag("chrf", "whitespace", whitespace);
	return { charOrder, wordOrder, beta, lowercase, whitespace };
}
