import { checkNumber } from "@heed/core";
import { Vocabulary } from "../text/vocabulary.ts";
import { type Path, tokensOf } from "./hypothesis.ts";

/** Which tokens a search may choose. */
export interface TokenRules {
	/** Most tokens before the EOS, which is then forced. */
	readonly maxLength: number;
	/** Fewest tokens before the EOS. Default 0. */
	readonly minLength?: number;
	/** No n-gram of this many tokens twice in a hypothesis. Default 0: no such rule. */
	readonly noRepeatNgram?: number;
	/** Starts every hypothesis. Default {@link Vocabulary.bos}. */
	readonly bos?: number;
	/** Ends a hypothesis. Default {@link Vocabulary.eos}. */
	readonly eos?: number;
	/** Ids that are never generated. Default: {@link Vocabulary.pad} and the BOS. */
	readonly never?: readonly number[];
}

/** The names of the options of {@link TokenRules}. */
export const tokenRuleNames: readonly string[] = [
	"maxLength",
	"minLength",
	"noRepeatNgram",
	"bos",
	"eos",
	"never",
];

/** Checks the rules and fills in the defaults. */
export function resolveTokenRules(where: string, rules: TokenRules): Required<TokenRules> {
	const { maxLength, minLength = 0, noRepeatNgram = 0, bos = Vocabulary.bos, eos = Vocabulary.eos } = rules;
	const { never = [Vocabulary.pad, bos] } = rules;
	checkNumber(where, "maxLength", maxLength, { integer: true, min: 1 });
	checkNumber(where, "minLength", minLength, { integer: true, min: 0, max: maxLength });
	checkNumber(where, "noRepeatNgram", noRepeatNgram, { integer: true, min: 0 });
	checkNumber(where, "bos", bos, { integer: true, min: 0 });
	checkNumber(where, "eos", eos, { integer: true, min: 0 });
	return { maxLength, minLength, noRepeatNgram, bos, eos, never };
}

/**
 * Applies the rules to the log-probabilities of one hypothesis, in place: what may not come gets -Infinity, and so does
 * NaN.
 *
 * @param step How many tokens the hypothesis has.
 */
export function applyTokenRules(
	logProbs: Float32Array,
	path: Path | undefined,
	step: number,
	rules: Required<TokenRules>,
): void {
	const { eos, never, maxLength, minLength, noRepeatNgram } = rules;
	const end = Number(logProbs[eos]);
	for (const id of never) if (id < logProbs.length) logProbs[id] = Number.NEGATIVE_INFINITY;
	if (step >= maxLength) {
		logProbs.fill(Number.NEGATIVE_INFINITY);
		logProbs[eos] = end;
	} else if (noRepeatNgram > 0) {
		for (const id of repeatingTokens(tokensOf(path), noRepeatNgram)) logProbs[id] = Number.NEGATIVE_INFINITY;
		logProbs[eos] = end;
	}
	if (step < minLength) logProbs[eos] = Number.NEGATIVE_INFINITY;
	for (let id = 0; id < logProbs.length; id++) {
		if (Number.isNaN(logProbs[id])) logProbs[id] = Number.NEGATIVE_INFINITY;
	}
}

/** The tokens that would complete an n-gram which is there already. */
function repeatingTokens(tokens: readonly number[], n: number): Set<number> {
	const found = new Set<number>();
	const last = tokens.slice(tokens.length - n + 1);
	for (let start = 0; start + n <= tokens.length; start++) {
		const matches = last.every((token, i) => tokens[start + i] === token);
		if (matches) found.add(tokens[start + n - 1] as number);
	}
	return found;
}
