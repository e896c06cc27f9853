import { checkFlag, checkNumber, HeedError } from "@heed/core";
import { Vocabulary } from "../text/vocabulary.ts";
import { type Path, tokensOf } from "./hypothesis.ts";

/**
 * Which tokens a search may choose, and where it ends. Where the rules leave nothing that the model holds possible, the
 * EOS ends the hypothesis all the same, even before `minLength`, with the log-probability that the model gives it
 * (-Infinity if none). Without an EOS the hypothesis stays as it is then, shorter than the others.
 */
export interface TokenRules {
	/** Most tokens before the EOS. Which token comes after so many, if any, says `forceEos`. */
	readonly maxLength: number;
	/**
	 * Whether the EOS must follow after `maxLength` tokens (default), as a translation needs it. False: the hypothesis is
	 * cut there, as the text of a language model is, and no step is spent on an EOS.
	 */
	readonly forceEos?: boolean | undefined;
	/** Fewest tokens before the EOS. Default 0. */
	readonly minLength?: number | undefined;
	/**
	 * No n-gram of this many tokens twice in a hypothesis: what would complete one is forbidden. Default 0: no such rule. It
	 * never forbids the EOS. {@link Vocabulary.unk} counts as any other token, as in fairseq and Hugging Face's `generate`;
	 * the BOS and a prompt are no part of the hypothesis.
	 */
	readonly noRepeatNgram?: number | undefined;
	/**
	 * Ids that `noRepeatNgram` never forbids, for instance {@link Vocabulary.unk}, behind which different words may stand, or
	 * a separator. Default: none.
	 */
	readonly mayRepeat?: readonly number[] | undefined;
	/** Starts every hypothesis. Default {@link Vocabulary.bos}. */
	readonly bos?: number | undefined;
	/**
	 * Ends a hypothesis; of several ids each does. `null`: nothing ends it, it has `maxLength` tokens, and `minLength` and
	 * `forceEos` say nothing. Default {@link Vocabulary.eos}.
	 */
	readonly eos?: number | readonly number[] | null | undefined;
	/**
	 * Ids that are never generated; an EOS among them comes only where it is forced. Default: {@link Vocabulary.pad} and
	 * the BOS, unless they are the EOS. A list stands in place of that: for no unknown words give all of
	 * `[Vocabulary.pad, Vocabulary.bos, Vocabulary.unk]`.
	 */
	readonly never?: readonly number[] | undefined;
}

/** {@link TokenRules} with every choice made. */
export interface ResolvedTokenRules {
	/** Who asked, for messages. */
	readonly where: string;
	readonly maxLength: number;
	readonly minLength: number;
	readonly noRepeatNgram: number;
	readonly mayRepeat: readonly number[];
	readonly bos: number;
	/** The ids that end a hypothesis. */
	readonly ends: readonly number[];
	readonly never: readonly number[];
	/** Most tokens of a hypothesis, a forced EOS included: as many steps a search has at most. */
	readonly longest: number;
}

/** The names of the options of {@link TokenRules}. */
export const tokenRuleNames: readonly string[] = [
	"maxLength",
	"forceEos",
	"minLength",
	"noRepeatNgram",
	"mayRepeat",
	"bos",
	"eos",
	"never",
];

/** Checks the rules and fills in the defaults. */
export function resolveTokenRules(where: string, rules: TokenRules): ResolvedTokenRules {
	const { maxLength, minLength = 0, noRepeatNgram = 0, mayRepeat = [], forceEos = true } = rules;
	const { bos = Vocabulary.bos, eos = Vocabulary.eos } = rules;
	const ends = eos === null ? [] : [eos].flat();
	const { never = [Vocabulary.pad, bos].filter((id) => !ends.includes(id)) } = rules;
	checkNumber(where, "maxLength", maxLength, { integer: true, min: 1 });
	checkNumber(where, "minLength", minLength, { integer: true, min: 0, max: maxLength });
	checkNumber(where, "noRepeatNgram", noRepeatNgram, { integer: true, min: 0 });
	checkFlag(where, "forceEos", forceEos);
	for (const [name, ids] of Object.entries({ never, mayRepeat })) {
		if (Array.isArray(ids)) continue;
		throw new HeedError("OPTION", where, `\`${name}\` is ${String(ids)}; expected an array of ids.`);
	}
	const longest = ends.length > 0 && forceEos ? maxLength + 1 : maxLength;
	const resolved = { where, maxLength, minLength, noRepeatNgram, mayRepeat, bos, ends, never, longest };
	checkRuleIds(resolved);
	return resolved;
}

/**
 * Refuses ids that are none.
 *
 * @param classes How many ids there are, once that is known.
 */
export function checkRuleIds(
	{ where, bos, ends, never, mayRepeat }: ResolvedTokenRules,
	classes?: number,
): void {
	const range = { integer: true, min: 0, ...(classes !== undefined && { max: classes - 1 }) };
	checkNumber(where, "bos", bos, range);
	const lists = { never, mayRepeat, ...(ends.length > 1 && { eos: ends }) };
	if (ends.length === 1) checkNumber(where, "eos", ends[0], range);
	for (const [name, ids] of Object.entries(lists)) {
		ids.forEach((id, i) => {
			checkNumber(where, `${name}[${i}]`, id, range);
		});
	}
}

/**
 * Applies the rules to the log-probabilities of one hypothesis, in place: what may not come gets -Infinity, and so does
 * NaN. If nothing is left, each EOS gets back what it had.
 *
 * @param step How many tokens the hypothesis has.
 * @throws HeedError `VALUE` if all of them are NaN.
 */
export function applyTokenRules(
	logProbs: Float32Array,
	path: Path | undefined,
	step: number,
	{ where, ends, never, maxLength, minLength, noRepeatNgram, mayRepeat }: ResolvedTokenRules,
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
	const had = ends.map((id) => Number(logProbs[id]));
	never.forEach(forbid);
	if (step < minLength) ends.forEach(forbid);
	if (noRepeatNgram > 0) {
		// No hypothesis that goes on holds an EOS, so this never forbids one.
		for (const id of repeatingTokens(tokensOf(path), noRepeatNgram)) if (!mayRepeat.includes(id)) forbid(id);
	}
	if (step >= maxLength) logProbs.fill(Number.NEGATIVE_INFINITY);
	if (logProbs.some((value) => value !== Number.NEGATIVE_INFINITY)) return;
	ends.forEach((id, i) => {
		logProbs[id] = Number(had[i]);
	});
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
