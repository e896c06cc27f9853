import {
	type AlignmentLink,
	type AlignmentScore,
	alignmentErrorRate,
	alignmentFromAttention,
} from "@heed/nlp";
import type { Translator } from "./build-model.ts";
import { forcedAlignments } from "./forced-alignments.ts";
import type { GoldPair } from "./gold.ts";

/**
 * How far the attention of a model, which is fed the true translations, is from gold alignments: each target token is
 * linked with the source token that it looks at most, the end of the text left out on both sides.
 */
export function scoreAlignment(model: Translator, pairs: readonly GoldPair[]): AlignmentScore {
	const alignments = forcedAlignments(model, pairs);
	const predicted = pairs.map(({ sourceTokens, targetTokens }, i) => {
		const { weights = [], shape = [0, 0] as const } = alignments[i] ?? {};
		const lengths = { sourceLength: sourceTokens.length, targetLength: targetTokens.length };
		return alignmentFromAttention(weights, shape, lengths)
			.map(([source, target]) => [sourceTokens[source], targetTokens[target]] as const)
			.filter((link): link is AlignmentLink => link.every((token) => token !== undefined));
	});
	const gold = { sure: pairs.map(({ sure }) => sure), possible: pairs.map(({ possible }) => possible) };
	return alignmentErrorRate(predicted, gold);
}

/** One line that says it all. */
export function alignmentLine({ errorRate, precision, recall }: AlignmentScore): string {
	const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
	return `alignment error rate ${percent(errorRate)} (precision ${percent(precision)}, recall ${percent(recall)})`;
}
