import { checkNumber, HeedError } from "@heed/core";
import { Vocabulary } from "../text/vocabulary.ts";
import { type Path, tokensOf } from "./hypothesis.ts";

/**
 * Which tokens a search may choose. Where the rules leave nothing that the model holds possible, the EOS ends the
 * hypothesis all the same, even before `minLength`, with the log-probability that the model gives it (-Infinity if none).
 */
export interface TokenRules {
	/** Most tokens before the EOS, which is then forced. */
	readonly maxLength: number;
	/** Fewest tokens before the EOS. Default 0. */
	readonly minLength?: number | undefined;
	/** No n-gram of this many tokens twice in a hypothesis. Default 0: no such rule. */
	readonly noRepeatNgram?: number | undefined;
	/** Starts every hypothesis. Default {@link Vocabulary.bos}. */
	readonly bos?: number | undefined;
	/** Ends a hypothesis. Default {@link Vocabulary.eos}. */
	readonly eos?: number | undefined;
	/** Ids that are never generated; the EOS among them comes only where it is forced. Default: {@link Vocabulary.pad} and the BOS. */
	readonly never?: readonly number[] | undefined;
}

/** {@link TokenRules} with every choice made. */
export interface ResolvedTokenRules {
	/** Who asked, for messages. */
	readonly where: string;
	readonly maxLength: number;
	readonly minLength: number;
	readonly noRepeatNgram: number;
	readonly bos: number;
	readonly eos: number;
	readonly never: readonly number[];
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
export function resolveTokenRules(where: string, rules: TokenRules): ResolvedTokenRules {
	const { maxLength, minLength = 0, noRepeatNgram = 0, bos = Vocabulary.bos, eos = Vocabulary.eos } = rules;
	const { never = [Vocabulary.pad, bos] } = rules;
	checkNumber(where, "maxLength", maxLength, { integer: true, min: 1 });
	checkNumber(where, "minLength", minLength, { integer: true, min: 0, max: maxLength });
	checkNumber(where, "noRepeatNgram", noRepeatNgram, { integer: true, min: 0 });
	if (!Array.isArray(never)) {
		throw new HeedError("OPTION", where, `\`never\` is ${String(never)}; expected an array of ids.`);
	}
	const resolved = { where, maxLength, minLength, noRepeatNgram, bos, eos, never };
	checkRuleIds(resolved);
	return resolved;
}

/**
 * Refuses ids that are none.
 *
 * @param classes How many ids there are, once that is known.
 */
export function checkRuleIds({ where, bos, eos, never }: ResolvedTokenRules, classes?: number): void {
	const range = { integer: true, min: 0, ...(classes !== undefined && { max: classes - 1 }) };
	checkNumber(where, "bos", bos, range);
	checkNumber(where, "eos", eos, range);
	never.forEach((id, i) => {
		checkNumber(where, `never[${i}]`, id, range);
	});
}

/**
 * Applies the rules to the log-probabilities of one hypothesis, in place: what may not come gets -Infinity, and so does
 * NaN. If nothing is left, the EOS gets back what it had.
 *
 * @param step How many tokens the hypothesis has.
 * @throws HeedError `VALUE` if all of them are NaN.
 */
export function applyTokenRules(
	logProbs: Float32Array,
	path: Path | undefined,
	step: number,
	{ where, eos, never, maxLength, minLength, noRepeatNgram }: ResolvedTokenRules,
): void {
	if (logProbs.every(Number.isNaN)) {
		const message = `every log-probability of step ${step} is NaN. Look for NaN in the weights or the input of the model.`;
		throw new HeedError("VALUE", where, message);
	}
	const forbid = (id: number): void => {
		logProbs[id] = Number.NEGATIVE_INFINITY;
	};
	logProbs.forEach((value, id) => {
		if (Number.isNaN(value)) forbid(id);
	});
	const end = Number(logProbs[eos]);
	never.forEach(forbid);
	if (step < minLength) forbid(eos);
	// No hypothesis that goes on holds an EOS, so this never forbids it.
	if (noRepeatNgram > 0) repeatingTokens(tokensOf(path), noRepeatNgram).forEach(forbid);
	if (step >= maxLength) logProbs.fill(Number.NEGATIVE_INFINITY);
	if (logProbs.every((value) => value === Number.NEGATIVE_INFINITY)) logProbs[eos] = end;
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
