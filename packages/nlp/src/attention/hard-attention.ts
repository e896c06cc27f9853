import {
	categoricalSample,
	checkChoice,
	checkNumber,
	entropy,
	gumbelSoftmax,
	HeedError,
	hardmax,
	maskedSoftmax,
} from "@heed/core";
import { type AttentionLayerArgs, seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionState, StepOptions } from "./decoder-attention.ts";
import { ScoredSteppedAttention } from "./scored-stepped-attention.ts";
import { additiveStepScore, generalStepScore, locationStepScore } from "./step-score.ts";
import type { Aligned } from "./stepped-attention.ts";

/** How the choice of {@link HardAttention} learns. */
export type HardEstimator = "reinforce" | "gumbel" | "straightThrough";

/** What a position of {@link HardAttention} is scored by. */
export type HardScore = "additive" | "general" | "location";

/** Arguments of {@link HardAttention}. */
export interface HardAttentionArgs extends AttentionLayerArgs {
	/** How positions are scored: by what stands there, or with `location` by the query alone. Default `additive`. */
	readonly score?: HardScore | undefined;
	/** Size of the space in which query and keys meet; needed for `additive`, and only there. */
	readonly units?: number | undefined;
	/** How many positions of a source can be attended to, counted from its first; needed for `location`, and only there. */
	readonly maxSourceLength?: number | undefined;
	/** Default `reinforce`, as in the paper. */
	readonly estimator?: HardEstimator | undefined;
	/** Only `gumbel` and `straightThrough`: near 0 the weights are nearly one-hot and the gradient is noisy. Default 1. */
	readonly temperature?: number | undefined;
	/**
	 * Only `reinforce`: the chance with which a row of a step takes the expectation in place of a draw. Default 0.5, as in
	 * the paper, which decides for each image and all of its steps; its program decides once for a whole batch.
	 */
	readonly softRate?: number | undefined;
}

/**
 * Hard attention: one position per step.
 *
 *     score_j = vᵀ tanh(W q + U m_j + b)        general:  qᵀ W m_j        location:  qᵀ W_j
 *     training    one position drawn from softmax(score)
 *     else        the position of the highest score
 *     context = the memory at that position
 *
 * Choosing has no gradient. Three ways to train all the same:
 *
 * - `reinforce`: a step gives `sample`, the log-probability of its draw and the entropy, from which the model makes a
 *   loss (`Seq2Seq.loss` does); unbiased, of high variance. With the chance `softRate` a row of a step, each for itself,
 *   attends softly, with its exact gradient, and its log-probability is 0: there was no draw.
 * - `gumbel`: softmax((score + Gumbel noise) / temperature): soft weights in training, so not quite what runs later.
 * - `straightThrough`: of those the largest as a one-hot, with the gradient of the soft ones: biased.
 *
 * In a decoder the query is the **previous** state. As a layer inside `fit` use one of the last two: there is nobody to
 * use `sample`. Weights: `query/kernel` W [querySize, units], `memory/kernel` U [memorySize, units], `score/kernel` v
 * [units], `score/bias` b [units]; general: `memory/kernel` W [memorySize, querySize] only; location: `query/kernel` W [querySize,
 * maxSourceLength] only, as in {@link LocationAttention}.
 *
 * When not to use it: where soft attention fits in memory; it trains faster and with less noise.
 *
 * Xu et al. 2015, "Show, Attend and Tell: Neural Image Caption Generation with Visual Attention",
 * https://arxiv.org/abs/1502.03044; Jang, Gu, Poole 2016, https://arxiv.org/abs/1611.01144; Bengio, Léonard, Courville
 * 2013, https://arxiv.org/abs/1308.3432
 */
export class HardAttention extends ScoredSteppedAttention {
	static readonly className = "HeedHardAttention";
	readonly kind = "hardAttention";
	readonly scoreKind: HardScore;
	readonly units: number | undefined;
	readonly maxSourceLength: number | undefined;
	readonly estimator: HardEstimator;
	readonly temperature: number;
	readonly softRate: number;

	/** @throws HeedError `OPTION`. */
	constructor(args: HardAttentionArgs) {
		super(args, ["score", "units", "maxSourceLength", "estimator", "temperature", "softRate"]);
		const { score = "additive", units, maxSourceLength, estimator = "reinforce" } = args;
		const { temperature = 1, softRate } = args;
		checkChoice(this.where, "score", score, ["additive", "general", "location"]);
		checkChoice(this.where, "estimator", estimator, ["reinforce", "gumbel", "straightThrough"]);
		for (const [name, size, reader] of [
			["units", units, "additive"],
			["maxSourceLength", maxSourceLength, "location"],
		] as const) {
			if (score === reader) checkNumber(this.where, name, size, { integer: true, min: 1 });
			else this.#refuse(name, size, `\`score\` '${score}'`);
		}
		checkNumber(this.where, "temperature", temperature, { above: 0 });
		checkNumber(this.where, "softRate", softRate ?? 0.5, { min: 0, max: 1 });
		if (estimator === "reinforce")
			this.#refuse("temperature", args.temperature, "`estimator` 'reinforce'", 1);
		else this.#refuse("softRate", softRate, `\`estimator\` '${estimator}'`, 0);
		this.scoreKind = score;
		this.units = units;
		this.maxSourceLength = maxSourceLength;
		this.estimator = estimator;
		this.temperature = temperature;
		this.softRate = estimator === "reinforce" ? (softRate ?? 0.5) : 0;
	}

	/** Refuses an argument that nothing would read, unless it is what a config says of it. */
	#refuse(name: string, value: number | undefined, beside: string, neutral?: number): void {
		if (value === undefined || value === neutral) return;
		const message = `\`${name}\` is ${value} with ${beside}, which has none. Leave it out.`;
		throw new HeedError("OPTION", this.where, message);
	}

	protected addWeights(querySize: number, memorySize: number): void {
		const parameters = this.parameterScope();
		const { units, maxSourceLength } = this;
		if (units !== undefined) this.useScore(additiveStepScore(parameters, { querySize, memorySize, units }));
		else if (maxSourceLength !== undefined)
			this.useScore(locationStepScore(parameters, { querySize, maxSourceLength }));
		else this.useScore(generalStepScore(parameters, { querySize, memorySize }));
	}

	protected align(
		query: tf.Tensor2D,
		state: AttentionState,
		mask: tf.Tensor2D,
		{ training }: StepOptions,
	): Aligned {
		const scores = this.score(query, state.keys); // [B, S]
		if (training === undefined) return { alignment: hardmax(scores, { mask }) };
		const seed = seedFor(training.seed, "draw");
		if (this.estimator !== "reinforce") {
			const { temperature } = this;
			const hard = this.estimator === "straightThrough";
			return { alignment: gumbelSoftmax(scores, { seed, temperature, hard, mask }) };
		}
		const drawn = categoricalSample(scores, { seed, mask });
		const expected = maskedSoftmax(scores, mask);
		const logProb = drawn.logProb as tf.Tensor1D;
		const undecided = entropy(expected) as tf.Tensor1D;
		if (this.softRate === 0) {
			return { alignment: drawn.oneHot as tf.Tensor2D, sample: { logProb, entropy: undecided } };
		}
		const [batch] = scores.shape;
		const chance = tf.randomUniform([batch], 0, 1, "float32", seedFor(training.seed, "soft"));
		const hard = tf.cast(tf.greaterEqual(chance, this.softRate), "float32") as tf.Tensor1D; // [B]
		const share = tf.reshape(hard, [batch, 1]);
		const alignment = tf.add(tf.mul(drawn.oneHot, share), tf.mul(expected, tf.sub(1, share))) as tf.Tensor2D;
		return { alignment, sample: { logProb: tf.mul(logProb, hard), entropy: undecided } };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { scoreKind, units, maxSourceLength, estimator, temperature, softRate } = this;
		const size = { ...(units && { units }), ...(maxSourceLength && { maxSourceLength }) };
		return { ...super.getConfig(), score: scoreKind, ...size, estimator, temperature, softRate };
	}
}

tf.serialization.registerClass(HardAttention);
