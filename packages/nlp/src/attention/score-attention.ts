import { maskedSoftmax } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { contextOf } from "./context-of.ts";
import type { AttentionState } from "./decoder-attention.ts";
import type { AttendedSequence } from "./memory-attention.ts";
import { ParallelAttention } from "./parallel-attention.ts";

/**
 * The base of every mechanism that scores each key on its own: `weights = softmax(score(query, keys))` over the valid
 * positions, `context = weights · memory`. A subclass has the score; the base class has the ways to run it.
 */
export abstract class ScoreAttention extends ParallelAttention {
	/** What of the score depends on the memory alone, `[B, S, M]` to `[B, S, U]`; a tensor of its own. */
	protected abstract projectMemory(memory: tf.Tensor3D): tf.Tensor3D;

	/** `[B, Tq, n]` and `[B, S, U]` to the scores `[B, Tq, S]`. */
	protected abstract score(query: tf.Tensor3D, keys: tf.Tensor3D): tf.Tensor3D;

	/** The weights of every query, `[B, Tq, S]`. */
	protected align(query: tf.Tensor3D, state: AttentionState): tf.Tensor3D {
		return maskedSoftmax(this.score(query, state.keys), state.mask);
	}

	protected startState(memory: tf.Tensor3D, mask: tf.Tensor3D): AttentionState {
		return {
			keys: this.projectMemory(memory), // [B, S, U]
			memory: tf.clone(memory), // a state owns all that is in it
			mask,
		};
	}

	protected attendSequence(query: tf.Tensor3D, state: AttentionState): AttendedSequence {
		const alignment = this.align(query, state); // [B, Tq, S]
		return { context: contextOf(alignment, state.memory), alignment };
	}
}
