import * as tf from "@tensorflow/tfjs-core";
import { seedFor } from "../seed.ts";

/** The dropout of one training step: every use draws from its own stream of the step's seed. */
export interface DropoutStream {
	/** Drops a share of the numbers, and scales the others up by as much. */
	drop<T extends tf.Tensor>(x: T): T;
	/** A seed for something that drops by itself; `undefined` where nothing is dropped. */
	nextSeed(): number | undefined;
}

/**
 * The dropout of one training step.
 *
 * Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
 * https://jmlr.org/papers/v15/srivastava14a.html
 *
 * @param rate The share that is dropped, in 0 .. 1.
 * @param seed Of the training step; without it nothing is dropped.
 */
export function dropoutStream(rate: number, seed: number | undefined): DropoutStream {
	let uses = 0;
	const nextSeed = (): number | undefined =>
		seed === undefined ? undefined : seedFor(seed, `dropout/${uses++}`);
	return {
		nextSeed,
		drop<T extends tf.Tensor>(x: T): T {
			const own = rate === 0 ? undefined : nextSeed();
			return own === undefined ? x : (tf.dropout(x, rate, undefined, own) as T);
		},
	};
}
