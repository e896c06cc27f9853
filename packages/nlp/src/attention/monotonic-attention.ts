import { checkChoice, checkFlag, checkNumber, firstAlignment, monotonicAttention } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionState, StepOptions } from "./decoder-attention.ts";
import { ScoredSteppedAttention } from "./scored-stepped-attention.ts";
import { additiveStepScore } from "./step-score.ts";
import type { Aligned } from "./stepped-attention.ts";

/** Arguments of {@link MonotonicAttention}. */
export interface MonotonicAttentionArgs extends AttentionLayerArgs {
	/** Size of the space in which query and keys meet. */
	readonly units: number;
	/** Normalise the weight of the energy: `g · v / ‖v‖`. Default true, as in the paper. */
	readonly normalize?: boolean | undefined;
	/** What r starts at: negative for long sources, so that an untrained model does not stop at once. Default 0. */
	readonly scoreBias?: number | undefined;
	/** Standard deviation of the noise on the energies in training, which teaches them to be far from 0. Default 1. */
	readonly noise?: number | undefined;
	/** `parallel`, the expectation; `hard`, stop or go; `auto`, the first while training and the second otherwise. Default `auto`. */
	readonly mode?: "parallel" | "hard" | "auto" | undefined;
}

/**
 * Monotonic attention: each step goes on from where the last one stopped, and decides at every position whether to stop there.
 *
 *     e_j = g · vᵀ/‖v‖ tanh(W q + U m_j + b) + r          without `normalize`:  vᵀ tanh(…) + r
 *     parallel   p = σ(e + noise);   α_j = p_j · P(arrived at j | α_{t−1})
 *     hard       α is 1 at the first j, not before the last one, with e_j > 0, else 0 everywhere
 *     context = Σ_j α_j m_j
 *
 * The first step starts at the first position. A row need not sum to 1: the rest has passed the end. In a decoder the
 * query is the **previous** state. `parallel` is what the hard process does on average; noise is added only where a seed
 * of training is given. `hard` has no gradient of the energies.
 *
 * Weights: `query/kernel` W [querySize, units], `memory/kernel` U [memorySize, units], `score/kernel` v [units],
 * `score/bias` b [units], `score/offset` r [], and normalised `score/scale` g [] (starts at √(1/units)). A state carries
 * `previous`, the last alignment.
 *
 * When not to use it: where source and target do not go in the same order.
 *
 * Raffel, Luong, Liu, Weiss, Eck 2017, "Online and Linear-Time Attention by Enforcing Monotonic Alignments",
 * https://arxiv.org/abs/1704.00784
 */
export class MonotonicAttention extends ScoredSteppedAttention {
	static readonly className = "HeedMonotonicAttention";
	readonly kind = "monotonicAttention";
	readonly units: number;
	readonly normalize: boolean;
	readonly scoreBias: number;
	readonly noise: number;
	readonly mode: "parallel" | "hard" | "auto";
	#offset: tf.Variable<tf.Rank.R0> | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: MonotonicAttentionArgs) {
		super(args, ["units", "normalize", "scoreBias", "noise", "mode"]);
		const { units, normalize = true, scoreBias = 0, noise = 1, mode = "auto" } = args;
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkFlag(this.where, "normalize", normalize);
		checkNumber(this.where, "scoreBias", scoreBias);
		checkNumber(this.where, "noise", noise, { min: 0 });
		checkChoice(this.where, "mode", mode, ["parallel", "hard", "auto"]);
		this.units = units;
		this.normalize = normalize;
		this.scoreBias = scoreBias;
		this.noise = noise;
		this.mode = mode;
	}

	protected addWeights(querySize: number, memorySize: number): void {
		const { units, normalize } = this;
		const parameters = this.parameterScope();
		this.useScore(additiveStepScore(parameters, { querySize, memorySize, units, normalize }));
		this.#offset = parameters.add<tf.Rank.R0>("score/offset", [], { constant: this.scoreBias });
	}

	protected override first({ shape: [batch, source] }: tf.Tensor3D): Record<string, tf.Tensor> {
		return { previous: firstAlignment(batch, source) };
	}

	protected align(
		query: tf.Tensor2D,
		state: AttentionState,
		mask: tf.Tensor2D,
		{ training }: StepOptions,
	): Aligned {
		const scores = this.score(query, state.keys);
		const energies: tf.Tensor2D = tf.add(scores, this.made(this.#offset)); // [B, S]
		const automatic = training === undefined ? "hard" : "parallel";
		const mode = this.mode === "auto" ? automatic : this.mode;
		const noisy = training !== undefined && mode === "parallel" && this.noise > 0;
		const noise = noisy ? { noise: this.noise, seed: training.seed } : {};
		const previous = state.previous as tf.Tensor2D;
		const alignment = monotonicAttention(energies, previous, { mode, mask, ...noise });
		return { alignment, next: { previous: alignment } };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { units, normalize, scoreBias, noise, mode } = this;
		return { ...super.getConfig(), units, normalize, scoreBias, noise, mode };
	}
}

tf.serialization.registerClass(MonotonicAttention);
