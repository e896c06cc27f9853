import { checkChoice, entmax15, maskedSoftmax, sparsemax } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { contextOf } from "./context-of.ts";
import type { AttentionState } from "./decoder-attention.ts";
import type { AttendedSequence } from "./decoder-attention-base.ts";
import { ParallelAttention } from "./parallel-attention.ts";

/** Arguments of every {@link ScoreAttention}. */
export interface ScoreAttentionArgs extends AttentionLayerArgs {
	/**
	 * What makes weights of the scores: `softmax` (default), or, so that most positions get exactly 0, `entmax15` or the still
	 * sparser `sparsemax`; see core's functions of these names. Peters, Niculae, Martins 2019, "Sparse Sequence-to-Sequence
	 * Models", https://arxiv.org/abs/1905.05702
	 */
	readonly normalizer?: "softmax" | "entmax15" | "sparsemax" | undefined;
}

/**
 * The base of every mechanism that scores each key on its own: `weights = softmax(score(query, keys))` over the valid
 * positions, `context = weights · memory`. A subclass has the score; the base class has the ways to run it.
 *
 * When not to extend it: where a step has to know what the last one did; that is a {@link SteppedAttention}.
 */
export abstract class ScoreAttention extends ParallelAttention {
	readonly normalizer: NonNullable<ScoreAttentionArgs["normalizer"]>;

	/**
	 * @param known The names of a subclass's own arguments.
	 * @throws HeedError `OPTION`.
	 */
	constructor(args: ScoreAttentionArgs, known: readonly string[]) {
		super(args, ["normalizer", ...known]);
		const { normalizer = "softmax" } = args;
		checkChoice(this.where, "normalizer", normalizer, ["softmax", "entmax15", "sparsemax"]);
		this.normalizer = normalizer;
	}

	/** What of the score depends on the memory alone, `[B, S, M]` to `[B, S, U]`; a tensor of its own. */
	protected abstract projectMemory(memory: tf.Tensor3D): tf.Tensor3D;

	/** `[B, Tq, n]` and `[B, S, U]` to the scores `[B, Tq, S]`. */
	protected abstract score(query: tf.Tensor3D, keys: tf.Tensor3D): tf.Tensor3D;

	/** The weights of every query, `[B, Tq, S]`. */
	protected align(query: tf.Tensor3D, state: AttentionState): tf.Tensor3D {
		return this.normalized(this.score(query, state.keys), state.mask);
	}

	/** Scores `[B, Tq, S]` as weights, where the mask, bool `[B, 1 or Tq, S]`, is true. */
	protected normalized(scores: tf.Tensor3D, mask: tf.Tensor): tf.Tensor3D {
		if (this.normalizer === "softmax") return maskedSoftmax(scores, mask);
		return this.normalizer === "sparsemax" ? sparsemax(scores, { mask }) : entmax15(scores, { mask });
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

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), normalizer: this.normalizer };
	}
}
