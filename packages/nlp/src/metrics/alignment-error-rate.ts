import { HeedError } from "@heed/core";
import type { AlignmentLink, Alignments } from "./read-alignments.ts";

/** What {@link alignmentErrorRate} found. */
export interface AlignmentScore {
	/** AER, 0 (best) to 1. */
	readonly errorRate: number;
	/** The share of the predicted links that are possible; 0 if none is predicted. */
	readonly precision: number;
	/** The share of the sure links that are predicted; 0 if there are none. */
	readonly recall: number;
}

/**
 * How far predicted word alignments are from those that people made.
 *
 *     AER = 1 − (|A∩S| + |A∩P|) / (|A| + |S|)      precision = |A∩P| / |A|      recall = |A∩S| / |S|
 *
 * A: predicted, S: sure, P: possible, which holds the sure ones whether they are repeated there or not. Counts are summed
 * over the corpus; a link counts once in its sentence.
 *
 * Och and Ney, "A Systematic Comparison of Various Statistical Alignment Models", 2003, https://aclanthology.org/J03-1002.
 *
 * When not to use it: to say that attention is good or bad. A model may translate well and look one word further.
 *
 * @param predicted The links of each sentence, for instance `readAlignments(text).sure` or `alignmentFromAttention`.
 * @param gold As `readAlignments` gives it.
 * @throws HeedError `VALUE` for different numbers of sentences, none, or no link at all; `OPTION` for what is no array.
 */
export function alignmentErrorRate(
	predicted: readonly (readonly AlignmentLink[])[],
	gold: Alignments,
): AlignmentScore {
	const { sure, possible } = gold ?? {};
	for (const [name, links] of Object.entries({ predicted, "gold.sure": sure, "gold.possible": possible })) {
		if (Array.isArray(links)) continue;
		const message = `\`${name}\` is ${String(links)}; expected an array with the links of each sentence.`;
		throw new HeedError("OPTION", "alignmentErrorRate", message);
	}
	const counts = [predicted, sure, possible].map(({ length }) => length);
	if (new Set(counts).size > 1 || predicted.length === 0) {
		const message = `predicted, sure and possible have ${counts.join(", ")} sentences; expected as many of each, at least one.`;
		throw new HeedError("VALUE", "alignmentErrorRate", message);
	}
	let [links, sureLinks, sureHits, possibleHits] = [0, 0, 0, 0];
	predicted.forEach((sentence, i) => {
		const said = keysOf(sentence);
		const certain = keysOf(sure[i] ?? []);
		const allowed = new Set([...certain, ...keysOf(possible[i] ?? [])]);
		links += said.size;
		sureLinks += certain.size;
		for (const key of said) {
			if (certain.has(key)) sureHits++;
			if (allowed.has(key)) possibleHits++;
		}
	});
	if (links + sureLinks === 0) {
		const message = "no link is predicted and none is sure; expected at least one.";
		throw new HeedError("VALUE", "alignmentErrorRate", message);
	}
	return {
		errorRate: 1 - (sureHits + possibleHits) / (links + sureLinks),
		precision: links === 0 ? 0 : possibleHits / links,
		recall: sureLinks === 0 ? 0 : sureHits / sureLinks,
	};
}

const keysOf = (links: readonly AlignmentLink[]): Set<string> =>
	new Set(links.map(([source, target]) => `${source}-${target}`));
