import { doublyStochasticPenalty, reinforceSurrogate, stopGradient } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkParts } from "../ops/check-given.ts";
import { liveSteps } from "../recurrent/recurrent-encoder.ts";

/** The mean of what each token has, over those that count: `Σ live · values / Σ live`, 0 when nothing counts. */
export function liveMean(values: tf.Tensor, live: tf.Tensor): tf.Scalar {
	return tf.div(tf.sum(tf.mul(values, live)), tf.maximum(tf.sum(live), 1e-9)) as tf.Scalar;
}

/**
 * The doubly stochastic penalties of all sentences per token, as the rest of a loss.
 *
 * @param alignment `[B, T, S]`.
 * @param live 1 where a token counts, `[T, B]`.
 * @param sourceLengths int32 `[B]`.
 */
export function unevenness(
	alignment: tf.Tensor3D,
	live: tf.Tensor2D,
	sourceLengths: tf.Tensor1D,
	lambda: number,
): tf.Scalar {
	const [batch, , source] = alignment.shape;
	const stepMask = tf.cast(tf.transpose(live), "bool"); // [B, T]
	const positionMask = tf.cast(tf.transpose(liveSteps(sourceLengths, source)), "bool"); // [B, S]
	const perSentence = doublyStochasticPenalty(alignment, { lambda, stepMask, positionMask });
	return tf.mul(perSentence, tf.div(batch, tf.maximum(tf.sum(live), 1e-9))) as tf.Scalar;
}

/** What decisions are rewarded with: the log-probability of their own token, or of their whole sentence. */
export type RewardOf = "token" | "sentence";

/** What {@link RewardBaseline.term} weighs. */
export interface DecisionTerm {
	/** Log-probability and entropy of each decision, `[T, B]`. */
	readonly sample: { readonly logProb: tf.Tensor2D; readonly entropy: tf.Tensor2D };
	/** Log-probability of each true token, `[T, B]`. */
	readonly tokenLogProb: tf.Tensor2D;
	/** 1 where a token counts, `[T, B]`. */
	readonly live: tf.Tensor2D;
	/** What a decision is rewarded with. */
	readonly reward: RewardOf;
	/** Weight of the term in the loss, 0 or more. */
	readonly reinforceWeight: number;
	/** Weight of the entropy of the decisions, which is taken off the loss, 0 or more. */
	readonly entropyWeight: number;
}

/**
 * The REINFORCE term of a loss per token, and the baseline of its rewards, started by the first reward:
 *
 *     term = − mean over t of stop(r_t − b) · log P(draw_t)         r_t, log P [T, B]
 *     b    ← 0.9 b + 0.1 · mean reward
 *
 * Variables and not numbers, as in core's `movingBaseline`, so that nothing waits for the device, and so that a
 * checkpoint can hold them.
 *
 * A `Seq2Seq` has one of its own. It is for a model of your own on an `AttentionalDecoder` whose attention draws. Call
 * {@link dispose} when it is no longer needed.
 *
 * T: target steps, B: batch.
 *
 * Xu et al. 2015, section 4.1, https://arxiv.org/abs/1502.03044
 *
 * When not to use it: for draws that are rewarded by anything else than the log-probability of the true tokens; that is core's
 * `reinforceSurrogate`.
 */
export class RewardBaseline {
	readonly #value: tf.Variable<tf.Rank.R0>;
	/** 0 before the first reward, 1 after it. */
	readonly #started: tf.Variable<tf.Rank.R0>;

	constructor() {
		const zero = (): tf.Variable<tf.Rank.R0> => tf.tidy(() => tf.variable(tf.scalar(0), false));
		this.#value = zero();
		this.#started = zero();
	}

	/** What it remembers, by name: `untrained` variables of `train` in `@heed/train`, so that a resumed training goes on the same. */
	get variables(): ReadonlyMap<string, tf.Variable> {
		return new Map<string, tf.Variable>([
			["reward_baseline/value", this.#value],
			["reward_baseline/started", this.#started],
		]);
	}

	/**
	 * A scalar whose value is 0 and whose gradient is that of the expected mean loss per token with respect to how the decisions
	 * are drawn, and of the entropy. The value is left out because it means nothing: the loss stays what it measures.
	 */
	term(given: DecisionTerm): tf.Scalar {
		const parts = ["sample", "tokenLogProb", "live"];
		checkParts(
			"RewardBaseline.term",
			"the term",
			given,
			parts,
			"what was drawn, and the tokens that it is rewarded by",
		);
		const { sample, tokenLogProb, live, reward, ...weights } = given;
		const gained = tf.mul(stopGradient(tokenLogProb), live); // [T, B]
		const counts = tf.cast(live, "bool");
		const rewards = reward === "token" ? gained : tf.sum(gained, 0, true); // [T, B] or [1, B]
		const surrogate = reinforceSurrogate(tf.transpose(sample.logProb), tf.transpose(rewards), {
			baseline: tf.reshape(this.#value, [1, 1]),
			rewardWeight: weights.reinforceWeight,
			entropy: tf.transpose(sample.entropy),
			entropyWeight: weights.entropyWeight,
			mask: tf.transpose(counts),
		}); // the mean over the rows
		const [, rows] = live.shape;
		const tokens = tf.maximum(tf.sum(live), 1e-9);
		const perToken = tf.mul(surrogate, tf.div(rows, tokens));
		this.#follow(reward === "token" ? liveMean(gained, live) : tf.mean(rewards)); // behind its use: it must not see this draw
		return tf.sub(perToken, stopGradient(perToken)) as tf.Scalar;
	}

	/** Frees the baseline. */
	dispose(): void {
		this.#value.dispose();
		this.#started.dispose();
	}

	#follow(mean: tf.Tensor): void {
		const step = tf.sub(1, tf.mul(this.#started, 0.9)); // all the way to the first one
		const next = tf.add(this.#value, tf.mul(step, tf.sub(mean, this.#value)));
		this.#value.assign(stopGradient(next) as tf.Scalar);
		this.#started.assign(tf.onesLike(this.#started));
	}
}
