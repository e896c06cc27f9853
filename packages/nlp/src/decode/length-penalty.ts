import { checkChoice, checkNumber, checkOptions } from "@heed/core";

/**
 * What the log-probability of a hypothesis is divided by, because a longer one has more factors and so a lower
 * probability. The forms are not interchangeable, hence the names. The length counts the EOS and not the BOS.
 *
 * - `gnmt`: `((5 + length) / 6) ^ alpha` (Wu et al. 2016, https://arxiv.org/abs/1609.08144)
 * - `power`: `length ^ alpha`; 1 is the mean log-probability per token. That of fairseq (`lenpen`) and, but for
 *   what they count, of Hugging Face (`length_penalty`) and OpenNMT (`avg`)
 * - `none`: 1
 *
 * `alpha` above 0 favours long hypotheses, below 0 short ones; 0 is `none`. When not to use one: where all answers have
 * about the same length, as dates have.
 */
export type LengthPenalty =
	| { readonly type: "gnmt" | "power"; readonly alpha: number }
	| { readonly type: "none" };

/** Refuses a penalty that is none of the forms. */
export function checkLengthPenalty(where: string, penalty: LengthPenalty): void {
	checkChoice(where, "lengthPenalty.type", penalty.type, ["gnmt", "power", "none"]);
	checkOptions(where, penalty, penalty.type === "none" ? ["type"] : ["type", "alpha"]);
	if (penalty.type !== "none") checkNumber(where, "lengthPenalty.alpha", penalty.alpha);
}

/** The divisor for a length ≥ 1. */
export function penaltyFor(penalty: LengthPenalty, length: number): number {
	if (penalty.type === "none") return 1;
	return (penalty.type === "gnmt" ? (5 + length) / 6 : length) ** penalty.alpha;
}

/**
 * The best score that a hypothesis can still reach, if every token to come were certain: its log-probability cannot
 * rise, but a penalty that grows with the length can still help it.
 */
export function bestReachable(
	penalty: LengthPenalty,
	logProb: number,
	nextLength: number,
	longest: number,
): number {
	const growing = penalty.type !== "none" && penalty.alpha > 0;
	return logProb / penaltyFor(penalty, growing ? longest : nextLength);
}
