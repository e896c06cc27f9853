import { checkOptions } from "@heed/core";
import { decodeRows, type TokenEvents } from "./decode-rows.ts";
import type { Hypothesis } from "./hypothesis.ts";
import { checkStepDecoder, type StepDecoder } from "./step-decoder.ts";
import { resolveTokenRules, type TokenRules, tokenRuleNames } from "./token-rules.ts";

/** What {@link greedyDecode} accepts. */
export interface GreedyDecodeOptions extends TokenRules, TokenEvents {}

/**
 * Takes the likeliest token at every step; of equally likely ones that with the lower id. The same as a beam
 * of 1 without penalties, and the cheapest search: one row per source.
 *
 *     y_t = argmax over w of log p(w | y_{<t}, source)
 *
 * When not to use it: where a first word that is likely by itself may lead to an unlikely whole, which `beamDecode` looks
 * out for; for texts of a language model, which it makes repeat themselves: `sampleDecode`.
 *
 * @param model For instance a `Seq2Seq`.
 * @param source What the model starts from, for instance `{ source, sourceLengths }`.
 * @returns One hypothesis per source, its score the log-probability.
 * @throws HeedError `OPTION`; `VALUE` if the model gives nothing but NaN.
 */
export async function greedyDecode<Source, State>(
	model: StepDecoder<Source, State>,
	source: Source,
	options: GreedyDecodeOptions,
): Promise<Hypothesis[]> {
	const where = "greedyDecode";
	checkStepDecoder(where, model);
	checkOptions(where, options, [...tokenRuleNames, "onToken"]);
	return decodeRows(model, source, 1, resolveTokenRules(where, options), options, likeliest);
}

/** The first of the highest, if anything is possible. */
function likeliest(logProbs: Float32Array): number | undefined {
	let best: number | undefined;
	let highest = Number.NEGATIVE_INFINITY;
	logProbs.forEach((value, id) => {
		if (value <= highest) return;
		highest = value;
		best = id;
	});
	return best;
}
