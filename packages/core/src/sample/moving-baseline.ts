import { checkNumber, checkOptions } from "../checks.ts";

/** Options of {@link movingBaseline}. */
export interface MovingBaselineOptions {
	/** How much of the old value stays. Default 0.9. */
	readonly decay?: number | undefined;
	/** Where it starts. Default 0. */
	readonly initial?: number | undefined;
}

/** A baseline that follows the rewards: plain numbers in and out, no hidden state, so that a checkpoint can hold it. */
export interface MovingBaseline {
	/** The value before the first reward. */
	readonly initial: number;
	/** The value after seeing the rewards of one step. */
	next(value: number, rewards: number | ArrayLike<number>): number;
}

const where = "movingBaseline";

/**
 * The running mean of the rewards, which {@link reinforceSurrogate} subtracts to reduce the variance of its gradient.
 *
 * ```text
 * b ← decay · b + (1 - decay) · mean(rewards)
 * ```
 *
 * Use the value from **before** a draw for that draw: a baseline that has seen the reward biases the gradient.
 *
 * Xu et al., Show, Attend and Tell, section 4.1, https://arxiv.org/abs/1502.03044
 *
 * @throws HeedError if an option is out of range; `next` throws if a reward is not finite.
 */
export function movingBaseline(options: MovingBaselineOptions = {}): MovingBaseline {
	checkOptions(where, options, ["decay", "initial"]);
	const { decay = 0.9, initial = 0 } = options;
	checkNumber(where, "decay", decay, { min: 0, below: 1 });
	checkNumber(where, "initial", initial);
	return {
		initial,
		next(value, rewards) {
			const all = typeof rewards === "number" ? [rewards] : Array.from(rewards);
			const mean = all.reduce((sum, reward) => sum + reward, 0) / all.length;
			checkNumber(where, "mean of the rewards", mean);
			return decay * value + (1 - decay) * mean;
		},
	};
}
