import type { AttentionLayer } from "@heed/layers";
import type * as tf from "@tensorflow/tfjs-core";

/**
 * What a mechanism carries from step to step: tensors by name. `keys`, `memory` and `mask` stay as they are while a
 * sentence is decoded; others, such as the previous alignment of a location-aware mechanism, change with every step.
 */
export interface AttentionState {
	/** Projected once for all steps, `[batch, source, units]`. */
	readonly keys: tf.Tensor3D;
	/** What the context is made of, `[batch, source, memorySize]`. */
	readonly memory: tf.Tensor3D;
	/** True where a position may be attended to, bool `[batch, 1, source]`. */
	readonly mask: tf.Tensor3D;
	readonly [name: string]: tf.Tensor;
}

/** What a step may be told. */
export interface StepOptions {
	/**
	 * Present while a model trains: mechanisms that sample draw from this seed, another one for every step. Without it they
	 * take what is likeliest.
	 */
	readonly training?: { readonly seed: number } | undefined;
}

/** What one step of a mechanism gives. */
export interface AttentionStep {
	/** `[batch, memorySize]`. */
	readonly context: tf.Tensor2D;
	/** `[batch, source]`; sums to 1, or to 0 where there is nothing to attend to. A mechanism that does not normalise says so. */
	readonly alignment: tf.Tensor2D;
	readonly state: AttentionState;
	/** `[batch]`, what training adds to the loss of the token that is predicted here: coverage, for instance. */
	readonly penalty?: tf.Tensor1D;
	/** Of an alignment that was drawn: the log-probability of the draw and the entropy it was drawn from, each `[batch]`. */
	readonly sample?: { readonly logProb: tf.Tensor1D; readonly entropy: tf.Tensor1D };
}

/**
 * Attention of a decoder to what an encoder made of the source, step by step. One object serves teacher forcing, greedy
 * and beam search.
 *
 * A state is made of plain tensors that belong to the caller: wrap the loop in `tf.tidy`, or dispose a state when the
 * next one has come. Steps may share tensors with the state before them.
 */
export interface DecoderAttention {
	/** Which one it is, in records. */
	readonly name: string;
	/** What its records are called, for instance `bahdanauAttention`. */
	readonly kind: string;
	/** Projects the memory once, and remembers which positions are valid. */
	setUp(memory: tf.Tensor3D, lengths?: tf.Tensor1D): AttentionState;
	/** Attends once with `[batch, querySize]`. */
	step(query: tf.Tensor2D, state: AttentionState, options?: StepOptions): AttentionStep;
	/** The rows `indices` (int32) of a state, for beam search: row i of the result is row `indices[i]`. */
	reorderState(state: AttentionState, indices: tf.Tensor1D): AttentionState;
}

/** A mechanism whose steps do not depend on each other, so that all queries of a sequence can be asked at once. */
export interface ParallelDecoderAttention extends DecoderAttention {
	/** Attends with every query of `[batch, time, querySize]`. */
	attendAll(query: tf.Tensor3D, state: AttentionState): { context: tf.Tensor3D; alignment: tf.Tensor3D };
}

/** A mechanism that is a layer as well: what a model builds, trains and stores. */
export interface DecoderAttentionLayer extends AttentionLayer, DecoderAttention {
	name: string;
	/** Builds the weights outside of a `tf.layers` model. */
	buildFor(querySize: number, memorySize: number): void;
}

/** True for a mechanism whose steps may all run at once. */
export function isParallel(attention: DecoderAttention): attention is ParallelDecoderAttention {
	return "attendAll" in attention;
}
