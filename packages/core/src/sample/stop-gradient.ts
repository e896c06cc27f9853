import * as tf from "@tensorflow/tfjs-core";

/**
 * The same numbers, through which no gradient flows: the host has no such function, and an op of it without a gradient
 * throws even where its result is multiplied by zero.
 *
 * ```text
 * y = x,   ∂y/∂x = nothing at all
 * ```
 *
 * Whatever is computed from the result is a constant to `tf.grad`, so ops that have no gradient (`argMax`, `greater`,
 * `topk`) may follow. A function whose whole result is cut off has no gradient to compute: `tf.grad` says so.
 *
 * How it works: the host puts an op on its tape together with its inputs, and looks for paths from x to y along them.
 * This op reads x without naming it as an input.
 *
 * @param x Any tensor.
 * @returns A tensor of its own, to be disposed on its own.
 */
export function stopGradient<T extends tf.Tensor>(x: T): T {
	return tf.customGrad(() => ({ value: tf.clone(x), gradFunc: () => [] }))() as T;
}
