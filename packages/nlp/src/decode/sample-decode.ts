import { checkNumber, checkOptions, mixBits } from "@heed/core";
import { seedFor } from "@heed/layers";
import { decodeRows, type TokenEvents } from "./decode-rows.ts";
import { drawCandidates } from "./draw-candidates.ts";
import type { Hypothesis } from "./hypothesis.ts";
import { checkStepDecoder, type StepDecoder } from "./step-decoder.ts";
import { resolveTokenRules, type TokenRules, tokenRuleNames } from "./token-rules.ts";

/** What {@link sampleDecode} accepts. */
export interface SampleDecodeOptions extends TokenRules, TokenEvents {
	/** Decides every draw: a whole number from 0. */
	readonly seed: number;
	/** How many hypotheses of each source. Default 1. */
	readonly samples?: number | undefined;
	/** Log-probabilities are divided by it: below 1 sharper, above 1 flatter. 0: always the likeliest. Default 1. */
	readonly temperature?: number | undefined;
	/** Draw from this many of the likeliest only; of equally likely ones the lower ids. Default: all. */
	readonly topK?: number | undefined;
	/** Draw from the fewest of the likeliest that have this probability together, above 0 to 1. Default 1: all. */
	readonly topP?: number | undefined;
	/** Draw only what has at least this share of the likeliest one's probability, 0 to 1. Default 0: all. */
	readonly minP?: number | undefined;
}

/**
 * Draws every token from what the model predicts.
 *
 *     log-probabilities → rules (never, minLength, …) → / temperature → topK → topP → minP → draw
 *
 * Each filter sees the probabilities that the one before it left, made to sum to 1 again: the order of Hugging Face's
 * `generate` and, as far as it has them, of llama2.c. Of the likeliest tokens `topP` keeps the one that reaches the
 * share. At least one token is always left. At temperature 0 the result is that of {@link greedyDecode}, `samples` times.
 *
 * Each hypothesis draws from a stream of its own, named by the seed, the place of its source in the batch and the number
 * of the sample: the other sources of the batch and the number of samples have no influence on it.
 *
 * `topP`: Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020, https://arxiv.org/abs/1904.09751.
 * `topK`: Fan et al., "Hierarchical Neural Story Generation", 2018, https://arxiv.org/abs/1805.04833.
 * `minP`: Nguyen et al., "Turning Up the Heat: Min-p Sampling", 2024, https://arxiv.org/abs/2407.01082.
 *
 * When not to use it: for one best answer, as in translation, `beamDecode` or `greedyDecode`.
 *
 * @param model For instance a language model.
 * @param source What the model starts from.
 * @returns For each source its hypotheses in the order of the draws, `samples` of them. Their log-probability, which is
 *   their score too, is the model's own: at temperature 1, before any filter.
 * @throws HeedError `OPTION`; `VALUE` if the model gives nothing but NaN.
 */
export async function sampleDecode<Source, State>(
	model: StepDecoder<Source, State>,
	source: Source,
	options: SampleDecodeOptions,
): Promise<Hypothesis[][]> {
	const where = "sampleDecode";
	checkStepDecoder(where, model);
	const own = ["seed", "samples", "temperature", "topK", "topP", "minP", "onToken"];
	checkOptions(where, options, [...tokenRuleNames, ...own]);
	const rules = resolveTokenRules(where, options);
	const { seed, samples = 1, temperature = 1, topK, topP, minP } = options;
	checkNumber(where, "seed", seed, { integer: true, min: 0 });
	checkNumber(where, "samples", samples, { integer: true, min: 1 });
	checkNumber(where, "temperature", temperature, { min: 0 });
	if (topK !== undefined) checkNumber(where, "topK", topK, { integer: true, min: 1 });
	if (topP !== undefined) checkNumber(where, "topP", topP, { above: 0, max: 1 });
	if (minP !== undefined) checkNumber(where, "minP", minP, { min: 0, max: 1 });

	const sources = model.batchSize(source);
	const keys = Array.from({ length: sources * samples }, (_, row) => {
		const place = `sampleDecode/${Math.floor(row / samples)}/${row % samples}`;
		return [seedFor(seed, place), seedFor(seed, `${place}/high`)] as const;
	});
	const rows = await decodeRows(model, source, samples, rules, options, (logProbs, row, step) => {
		const candidates = drawCandidates(logProbs, { temperature, topK, topP, minP });
		const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
		let left = uniformAt(keys[row] as readonly [number, number], step) * total;
		const drawn = candidates.find(({ weight }) => {
			left -= weight;
			return left < 0;
		});
		return (drawn ?? candidates.at(-1))?.id; // rounding can leave a crumb
	});
	return Array.from({ length: sources }, (_, i) => rows.slice(i * samples, (i + 1) * samples));
}

/** A number between 0 and 1, both excluded: the hash of a step. Two words, so that no two streams are parts of one cycle. */
function uniformAt([low, high]: readonly [number, number], step: number): number {
	const bits = mixBits(mixBits(low ^ Math.imul(step, 0x9e3779b1)) ^ high);
	return (bits + 0.5) / 0x100000000;
}
