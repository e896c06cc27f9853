import type * as tf from "@tensorflow/tfjs-core";
import type { StepScore } from "./step-score.ts";
import { SteppedAttention } from "./stepped-attention.ts";

/**
 * The base of the mechanisms whose steps follow one another and that compare the query with each position: it holds the
 * score and projects the memory once. A subclass gives it the score with {@link useScore} where it adds its weights, and
 * makes an alignment of what {@link score} gives.
 */
export abstract class ScoredSteppedAttention extends SteppedAttention {
	#score: StepScore | undefined;

	/** To be called with the weights. */
	protected useScore(score: StepScore): void {
		this.#score = score;
	}

	protected override keysOf(memory: tf.Tensor3D): tf.Tensor3D {
		return this.made(this.#score).keysOf(memory); // [B, S, U]
	}

	/** `[B, Q]` and the keys `[B, S, U]`, or what a subclass made of them, to the scores `[B, S]`. */
	protected score(query: tf.Tensor2D, keys: tf.Tensor3D): tf.Tensor2D {
		return this.made(this.#score).score(query, keys);
	}
}
