import { HeedError } from "@heed/core";
import { type Hypothesis, type Path, toHypothesis } from "./hypothesis.ts";
import { rowOf, runSteps } from "./run-steps.ts";
import type { StepDecoder } from "./step-decoder.ts";
import { applyTokenRules, type ResolvedTokenRules } from "./token-rules.ts";

/** A token of a hypothesis, as soon as it is chosen. */
export interface TokenStep {
	/** Which source of the batch. */
	readonly source: number;
	/** Which hypothesis of that source. */
	readonly sample: number;
	/** The id; the EOS too. */
	readonly token: number;
	/** The log-probability that the model gives it. */
	readonly logProb: number;
}

/** What decodes one token after the other tells as it goes on. */
export interface TokenEvents {
	/**
	 * Is told each token as soon as it is chosen: to show a text while it grows. If it returns the word `"stop"`, that
	 * hypothesis ends with this token: for stop words, or a reader who has seen enough. Anything else that it returns is
	 * ignored; what it throws ends the whole decoding.
	 */
	readonly onToken?: ((step: TokenStep) => unknown) | undefined;
}

/** Which of the log-probabilities of a row, `[classes]`, is the next token; `undefined` if none is possible. */
export type PickToken = (logProbs: Float32Array, row: number, step: number) => number | undefined;

/**
 * Continues `samples` hypotheses of each source, each for itself.
 *
 * @returns Those of the first source, then those of the second, …; the score is the log-probability.
 */
export async function decodeRows<Source, State>(
	model: StepDecoder<Source, State>,
	source: Source,
	samples: number,
	rules: ResolvedTokenRules,
	{ onToken }: TokenEvents,
	pick: PickToken,
): Promise<Hypothesis[]> {
	checkListener(rules.where, onToken);
	const paths: (Path | undefined)[] = Array.from({ length: model.batchSize(source) * samples });
	const open = paths.map(() => true);
	await runSteps(model, source, samples, rules, (values, step) => {
		paths.forEach((path, row) => {
			if (!open[row]) return;
			const { logProbs, alignment } = rowOf(values, row);
			applyTokenRules(logProbs, path, step, rules);
			// Where not even the EOS is possible it ends the row all the same; without one the row stays as it is.
			const token = pick(logProbs, row, step) ?? rules.ends[0];
			open[row] = token !== undefined && !rules.ends.includes(token) && step + 1 < rules.longest;
			if (token === undefined) return;
			const own = Number(logProbs[token]);
			const logProb = (path?.logProb ?? 0) + own;
			paths[row] = { token, logProb, length: step + 1, alignment, parent: path };
			const place = { source: Math.floor(row / samples), sample: row % samples };
			if (onToken?.({ ...place, token, logProb: own }) === "stop") open[row] = false;
		});
		if (!open.includes(true)) return undefined;
		return { tokens: Int32Array.from(paths, (path) => path?.token ?? rules.bos) };
	});
	return paths.map((path) => toHypothesis(path, path?.logProb ?? 0));
}

function checkListener(where: string, onToken: unknown): void {
	if (onToken === undefined || typeof onToken === "function") return;
	throw new HeedError("OPTION", where, `\`onToken\` is ${String(onToken)}; expected a function.`);
}
