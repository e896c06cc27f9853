import { checkOptions } from "@heed/core";
import { type Hypothesis, type Path, toHypothesis } from "./hypothesis.ts";
import { runSteps } from "./run-steps.ts";
import type { StepDecoder } from "./step-decoder.ts";
import { applyTokenRules, resolveTokenRules, type TokenRules, tokenRuleNames } from "./token-rules.ts";

/** What {@link greedyDecode} accepts. */
export interface GreedyDecodeOptions extends TokenRules {}

/**
 * Takes the likeliest token at every step; of equally likely ones that with the lower id. The same as a beam
 * of 1 without a length penalty.
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
	checkOptions(where, options, tokenRuleNames);
	const rules = resolveTokenRules(where, options);
	const paths: (Path | undefined)[] = Array.from({ length: model.batchSize(source) });
	const isOpen = (path: Path | undefined): boolean => path?.token !== rules.eos;
	await runSteps(model, source, 1, rules, (values, step) => {
		paths.forEach((path, row) => {
			if (!isOpen(path)) return;
			const logProbs = values.logProbs.slice(row * values.classes, (row + 1) * values.classes);
			applyTokenRules(logProbs, path, step, rules);
			const best = likeliest(logProbs, rules.eos);
			paths[row] = {
				token: best,
				logProb: (path?.logProb ?? 0) + Number(logProbs[best]),
				length: step + 1,
				alignment: values.alignment?.slice(row * values.source, (row + 1) * values.source),
				parent: path,
			};
		});
		if (!paths.some(isOpen)) return undefined;
		return { tokens: Int32Array.from(paths, (path) => path?.token ?? rules.eos) };
	});
	return paths.map((path) => toHypothesis(path as Path, (path as Path).logProb));
}

/** The first of the highest; the EOS where nothing is possible, not even the EOS, so that every row ends. */
function likeliest(logProbs: Float32Array, eos: number): number {
	let best = eos;
	let highest = Number.NEGATIVE_INFINITY;
	logProbs.forEach((value, id) => {
		if (value <= highest) return;
		highest = value;
		best = id;
	});
	return best;
}
