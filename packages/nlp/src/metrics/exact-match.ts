import { HeedError } from "@heed/core";
import { checkList } from "../ops/check-given.ts";

/** What {@link exactMatch} found. */
export interface ExactMatch {
	readonly correct: number;
	readonly total: number;
	/** `correct / total`, 0 to 1. */
	readonly accuracy: number;
}

/**
 * The share of hypotheses that equal their reference in every character.
 *
 * @throws HeedError `VALUE` for different numbers of sentences, or none.
 */
export function exactMatch(hypotheses: readonly string[], references: readonly string[]): ExactMatch {
	checkList("exactMatch", "hypotheses", hypotheses);
	checkList("exactMatch", "references", references);
	const total = hypotheses.length;
	if (total !== references.length || total === 0) {
		throw new HeedError(
			"VALUE",
			"exactMatch",
			`${total} hypotheses and ${references.length} references came; expected as many of each, at least one.`,
		);
	}
	const correct = hypotheses.filter((hypothesis, i) => hypothesis === references[i]).length;
	return { correct, total, accuracy: correct / total };
}
