import { reinforceSurrogate, stopGradient } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/** The mean of what each token has, over those that count: `Σ live · values / Σ live`, 0 when nothing counts. */
export function liveMean(values: tf.Tensor, live: tf.Tensor): tf.Scalar {
	return tf.div(tf.sum(tf.mul(values, live)), tf.maximum(tf.sum(live), 1e-9)) as tf.Scalar;
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
	readonly reward: RewardOf;
	readonly reinforceWeight: number;
	readonly entropyWeight: number;
}

/**
 * The REINFORCE term of a loss per token, and the baseline of its rewards: `b ← 0.9 b + 0.1 · mean reward`, started by the
 * first reward. A tensor and not a number, as that of core's `movingBaseline`, so that nothing waits for the device.
 */
export class RewardBaseline {
	readonly #value: tf.Variable<tf.Rank.R0>;
	#seen = false;

	constructor() {
		this.#value = tf.tidy(() => tf.variable(tf.scalar(0), false));
	}

	/**
	 * A scalar whose value is 0 and whose gradient is that of the expected mean loss per token with respect to how the decisions
	 * are drawn, and of the entropy. The value is left out because it means nothing: the loss stays what it measures.
	 */
	term({ sample, tokenLogProb, live, reward, ...weights }: DecisionTerm): tf.Scalar {
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
	}

	#follow(mean: tf.Tensor): void {
		const next = this.#seen ? tf.add(tf.mul(this.#value, 0.9), tf.mul(mean, 0.1)) : mean;
		this.#value.assign(stopGradient(next) as tf.Scalar);
		this.#seen = true;
	}
}
