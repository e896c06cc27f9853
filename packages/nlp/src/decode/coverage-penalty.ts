import { checkNumber, checkOptions, HeedError } from "@heed/core";
import type { Path } from "./hypothesis.ts";
import type { StepValues } from "./run-steps.ts";

/**
 * What a hypothesis loses for source positions that it has looked at too little: a translation must not leave parts out.
 *
 *     coverage = beta · Σ_i log min(Σ_t alignment[t, i], 1)
 *
 * It is added to the score after the division by the length penalty. The sum over t takes every token, the EOS too; that
 * over i the positions that any hypothesis of the same source has looked at: padding, which none can, does not count,
 * and a position that none has would cost all of them the same. One that only others have looked at counts as 2⁻¹²⁶
 * (its logarithm is −87), so that mechanisms with exact zeros, such as sparse or local ones, get no −Infinity.
 *
 * Wu et al., "Google's Neural Machine Translation System", 2016, https://arxiv.org/abs/1609.08144 (beta 0.2). For
 * mechanisms whose alignments sum to 1 per token. Subtracted forms, such as OpenNMT's, have the other sign of beta.
 */
export interface CoveragePenalty {
	/** At least 0, where it is off. */
	readonly beta: number;
}

/** Refuses what is no such penalty. */
export function checkCoveragePenalty(where: string, penalty: CoveragePenalty): void {
	checkOptions(where, penalty, ["beta"]);
	checkNumber(where, "coveragePenalty.beta", penalty.beta, { min: 0 });
}

/** Refuses a model that does not say where it looks. */
export function checkAlignment(where: string, { alignment }: StepValues): void {
	if (alignment !== undefined) return;
	const message =
		"`coveragePenalty` needs `alignment` in what the model's step gives, and there is none. Leave the option out, or give `beta` 0.";
	throw new HeedError("OPTION", where, message);
}

const leastCoverage = 2 ** -126; // the smallest normal float32

/** How much a hypothesis has looked at each source position, `[source]`; NaN counts as 0. */
export function coverageOf(path: Path | undefined): Float64Array {
	const coverage = new Float64Array(path?.alignment?.length ?? 0);
	for (let at = path; at !== undefined; at = at.parent) addTo(coverage, at.alignment ?? []);
	return coverage;
}

/** Adds weights to sums; NaN counts as 0. */
export function addTo(sums: Float64Array, weights: ArrayLike<number>): void {
	for (let i = 0; i < sums.length; i++) {
		const weight = Number(weights[i]);
		if (weight > 0) sums[i] = Number(sums[i]) + weight;
	}
}

/**
 * What is added to a score.
 *
 * @param attended Above 0 for the positions that count.
 */
export function coverageScore(beta: number, coverage: Float64Array, attended: Float64Array): number {
	const logs = coverage.map((sum, i) =>
		Number(attended[i]) > 0 ? Math.log(Math.max(leastCoverage, Math.min(sum, 1))) : 0,
	);
	return beta * logs.reduce((total, log) => total + log, 0);
}
