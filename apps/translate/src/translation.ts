import { joiner } from "@heed/nlp";
import type { AttentionMap } from "@heed/viz";

/** A text, its translation, and where the model looked while it wrote each token. */
export interface Translation {
	readonly source: string;
	readonly target: string;
	/** Log-probability of the translation, by the model. */
	readonly logProbability: number;
	/** The columns: the source and its end. */
	readonly sourceTokens: readonly string[];
	/** The rows: the translation and its end, if it has one within the length limit. */
	readonly targetTokens: readonly string[];
	/** Row-major `[target tokens, source tokens]`. */
	readonly weights: Float32Array;
}

/** What stands for the end of a text in a picture. */
export const endMark = "⏎";

/** The picture of a translation. `undefined` where there is nothing to see: an empty text. */
export function alignmentMap({
	source,
	target,
	sourceTokens,
	targetTokens,
	weights,
}: Translation): AttentionMap | undefined {
	if (weights.length === 0) return undefined;
	const shown = (token: string): string => token.replaceAll(joiner, "");
	return {
		title: `${source} → ${target}`,
		queryTokens: targetTokens.map(shown),
		keyTokens: sourceTokens.map(shown),
		weights,
		axisLabels: { query: "translation", key: "source" },
	};
}
