import { checkFlag, checkNumber, checkOptions } from "@heed/core";
import { type CoveragePenalty, checkAlignment, checkCoveragePenalty } from "./coverage-penalty.ts";
import type { Hypothesis, Path } from "./hypothesis.ts";
import { checkLengthPenalty, type LengthPenalty } from "./length-penalty.ts";
import { runSteps } from "./run-steps.ts";
import { SourceBeam } from "./source-beam.ts";
import { checkStepDecoder, type StepDecoder } from "./step-decoder.ts";
import { resolveTokenRules, type TokenRules, tokenRuleNames } from "./token-rules.ts";

/** What {@link beamDecode} accepts. */
export interface BeamDecodeOptions extends TokenRules {
	/** How many hypotheses of a source go on at every step. */
	readonly beamSize: number;
	/** How many to return per source, at most `beamSize`. Default 1. */
	readonly nBest?: number | undefined;
	/** Default `{ type: 'gnmt', alpha: 0.6 }`. */
	readonly lengthPenalty?: LengthPenalty | undefined;
	/** What leaving source positions out costs, for instance `{ beta: 0.2 }`. Default: nothing. */
	readonly coveragePenalty?: CoveragePenalty | undefined;
	/** Stop a source as soon as `beamSize` hypotheses are finished, though a better one may still come. Default false. */
	readonly earlyStopping?: boolean | undefined;
}

/**
 * Beam search: at every step the best `beamSize` unfinished hypotheses of each source go on.
 *
 * - Of the `2 · beamSize` best continuations, those that end within the first `beamSize` are finished, and the best
 *   `beamSize` others go on: finished hypotheses never starve live ones.
 * - Live hypotheses compete by `logProb`, finished ones by `logProb / penalty(length)`, plus the coverage penalty if there
 *   is one. A source is done when `beamSize` are finished and no live one can still beat the worst of them.
 * - Ties go to the better parent, then to the lower id, on every backend. A source's result does not depend on the
 *   others in its batch.
 *
 * A step costs `beamSize` rows per source. Sutskever, Vinyals, Le 2014, "Sequence to Sequence Learning with Neural
 * Networks", https://arxiv.org/abs/1409.3215; the rule of twice as many continuations is fairseq's, the penalties are
 * those of Wu et al. 2016, https://arxiv.org/abs/1609.08144.
 *
 * When not to use it: for texts that should surprise, as those of a language model, where likeliest is dull: `sampleDecode`.
 * A wide beam without a length penalty prefers texts that are too short.
 *
 * @param model For instance a `Seq2Seq`.
 * @param source What the model starts from, for instance `{ source, sourceLengths }`.
 * @returns For each source its best hypotheses, best first: `nBest`, or fewer where there are no more, but at least one.
 * @throws HeedError `OPTION`, also for a coverage penalty if the model gives no alignment; `VALUE` if the model gives
 *   nothing but NaN.
 */
export async function beamDecode<Source, State>(
	model: StepDecoder<Source, State>,
	source: Source,
	options: BeamDecodeOptions,
): Promise<Hypothesis[][]> {
	const where = "beamDecode";
	checkStepDecoder(where, model);
	const own = ["beamSize", "nBest", "lengthPenalty", "coveragePenalty", "earlyStopping"];
	checkOptions(where, options, [...tokenRuleNames, ...own]);
	const rules = resolveTokenRules(where, options);
	const { beamSize, nBest = 1, earlyStopping = false } = options;
	const lengthPenalty = options.lengthPenalty ?? { type: "gnmt", alpha: 0.6 };
	checkNumber(where, "beamSize", beamSize, { integer: true, min: 1 });
	checkNumber(where, "nBest", nBest, { integer: true, min: 1, max: beamSize });
	checkLengthPenalty(where, lengthPenalty);
	const { coveragePenalty = { beta: 0 } } = options;
	checkCoveragePenalty(where, coveragePenalty);
	checkFlag(where, "earlyStopping", earlyStopping);

	const { beta } = coveragePenalty;
	const settings = { rules, beamSize, lengthPenalty, beta, earlyStopping };
	const searches = Array.from({ length: model.batchSize(source) }, () => new SourceBeam(settings));
	await runSteps(model, source, beamSize, rules, (values, step) => {
		if (beta > 0) checkAlignment(where, values);
		const tokens = new Int32Array(searches.length * beamSize).fill(rules.ends[0] ?? rules.bos);
		const parents = Int32Array.from(tokens, (_, row) => row);
		searches.forEach((search, index) => {
			if (search.done) return;
			const first = index * beamSize;
			search.advance(values, first, step).forEach((beam, i) => {
				tokens[first + i] = (search.live[i] as Path).token;
				parents[first + i] = first + beam;
			});
		});
		return searches.every(({ done }) => done) ? undefined : { tokens, parents };
	});
	return searches.map((search) => search.best(nBest));
}
