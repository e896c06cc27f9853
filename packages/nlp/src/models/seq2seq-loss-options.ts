import { checkChoice, checkNumber, checkOptions, HeedError } from "@heed/core";
import type { ResolvedSeq2SeqConfig } from "./seq2seq-config.ts";

/** What `Seq2Seq.loss` accepts. */
export interface Seq2SeqLossOptions {
	/** Share of the target that goes evenly to all tokens. Default 0; not with `copy`, where rows have different tokens. */
	readonly labelSmoothing?: number | undefined;
	/**
	 * Seed of a step of training, another one for every step: applies the dropout of the config, and lets mechanisms that
	 * sample draw. Default: no dropout, and what is likeliest, so that the loss is that of inference. `hard` and `monotonic`
	 * attention then have no gradient, and a loss whose gradient is computed is refused.
	 */
	readonly trainingSeed?: number | undefined;
	/** Factor on the penalty of a mechanism that has one, as coverage. Default 1, as in its paper. */
	readonly coverageWeight?: number | undefined;
	/**
	 * λ of core's `doublyStochasticPenalty` of each sentence, `λ Σ_i (1 − Σ_t α_ti)²`, added up and divided by the number of
	 * tokens as the rest of the loss: every source position should get about 1 over all steps. Default 0: no such penalty.
	 */
	readonly doublyStochasticWeight?: number | undefined;
	/** Factor on the gradient of what a mechanism draws, by REINFORCE. Default 1, the gradient of the expected loss. */
	readonly reinforceWeight?: number | undefined;
	/** Factor on the entropy of what it draws from: above 0 it stays undecided for longer. Default 0. */
	readonly entropyWeight?: number | undefined;
	/**
	 * What draws are rewarded with: the log-probability of the whole sentence, as in the paper, or of their own `token`, which
	 * varies less but leaves out what a draw does to later tokens. Default `sentence`.
	 */
	readonly reward?: "token" | "sentence" | undefined;
}

const numbers = [
	"labelSmoothing",
	"coverageWeight",
	"doublyStochasticWeight",
	"reinforceWeight",
	"entropyWeight",
] as const;

interface ResolvedLossOptions {
	readonly labelSmoothing: number;
	readonly seed: number | undefined;
	readonly coverageWeight: number;
	readonly doublyStochasticWeight: number;
	readonly reinforceWeight: number;
	readonly entropyWeight: number;
	readonly reward: "token" | "sentence";
}

/** Checks the options and fills in the defaults. */
export function resolveLossOptions(
	options: Seq2SeqLossOptions,
	{ copy }: ResolvedSeq2SeqConfig,
): ResolvedLossOptions {
	const where = "Seq2Seq.loss";
	checkOptions(where, options, [...numbers, "trainingSeed", "reward"]);
	const { labelSmoothing = 0, coverageWeight = 1, reinforceWeight = 1, entropyWeight = 0 } = options;
	const { doublyStochasticWeight = 0, trainingSeed, reward = "sentence" } = options;
	checkNumber(where, "labelSmoothing", labelSmoothing, { min: 0, max: 1 });
	checkNumber(where, "coverageWeight", coverageWeight, { min: 0 });
	checkNumber(where, "doublyStochasticWeight", doublyStochasticWeight, { min: 0 });
	checkNumber(where, "reinforceWeight", reinforceWeight, { min: 0 });
	checkNumber(where, "entropyWeight", entropyWeight);
	checkChoice(where, "reward", reward, ["token", "sentence"]);
	if (trainingSeed !== undefined) {
		checkNumber(where, "trainingSeed", trainingSeed, { integer: true, min: 0 });
	}
	if (copy && labelSmoothing > 0) {
		const message = `\`labelSmoothing\` is ${labelSmoothing} for a model that copies, whose rows have different tokens. Leave it out.`;
		throw new HeedError("OPTION", where, message);
	}
	const penalties = { coverageWeight, doublyStochasticWeight };
	return { labelSmoothing, ...penalties, reinforceWeight, entropyWeight, reward, seed: trainingSeed };
}
