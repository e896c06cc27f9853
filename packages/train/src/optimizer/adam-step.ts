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
