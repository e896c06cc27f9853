import type * as tf from "@tensorflow/tfjs-core";

/**
 * The two running sums of one variable, without the factors (1 - β) that the means of the paper have: two operations
 * fewer per update.
 *
 *     mean ← β₁ mean + g        square ← β₂ square + g²
 */
export type AdamMoments =
	| { readonly kind: "host"; readonly mean: Float32Array; readonly square: Float32Array }
	| { readonly kind: "device"; mean: tf.Tensor; square: tf.Tensor };

/** The numbers of one update: `w ← keep · w - rate · mean / (√square + epsilon)`. */
export interface AdamStep {
	readonly beta1: number;
	readonly beta2: number;
	readonly rate: number;
	readonly epsilon: number;
	/** How much of a weight stays, less than 1 where it decays. */
	readonly keep: number;
}
