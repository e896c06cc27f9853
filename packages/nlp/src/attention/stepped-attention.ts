import { seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { unstackSteps } from "../recurrent/recurrent-steps.ts";
import { contextOf } from "./context-of.ts";
import type { AttentionState, AttentionStep, StepOptions } from "./decoder-attention.ts";
import { type AttendedSequence, DecoderAttentionBase } from "./decoder-attention-base.ts";

/** What a mechanism decides in one step. */
export interface Aligned extends Pick<AttentionStep, "penalty" | "sample"> {
	/** `[B, S]`. */
	readonly alignment: tf.Tensor2D;
	/** What the next step finds changed in its state. */
	readonly next?: Readonly<Record<string, tf.Tensor>>;
}

/**
 * The base of every mechanism whose steps follow one another, because each looks at what the last one did, or draws. A
 * subclass says where a step looks and what the next one must know; the context is the sum of the memory under the
 * alignment. As a layer on a whole sequence it runs step by step.
 */
export abstract class SteppedAttention extends DecoderAttentionBase {
	/** What of the memory is computed once for all steps, `[B, S, M]` to `[B, S, U]`: nothing, unless a subclass says so. */
	protected keysOf(memory: tf.Tensor3D): tf.Tensor3D {
		return memory;
	}

	/** What changes from step to step, as the first step finds it. */
	protected first(_memory: tf.Tensor3D): Readonly<Record<string, tf.Tensor>> {
		return {};
	}

	/** Where a query `[B, Q]` looks; the mask is bool `[B, S]`. */
	protected abstract align(
		query: tf.Tensor2D,
		state: AttentionState,
		mask: tf.Tensor2D,
		options: StepOptions,
	): Aligned;

	protected startState(memory: tf.Tensor3D, mask: tf.Tensor3D): AttentionState {
		const own = tf.clone(memory); // a state owns all that is in it
		return { keys: this.keysOf(own), memory: own, mask, ...this.first(own) };
	}

	step(query: tf.Tensor2D, state: AttentionState, options: StepOptions = {}): AttentionStep {
		this.checkStep(query, state);
		const [batch, source, memorySize] = state.memory.shape;
		return tf.tidy(() => {
			const mask = tf.reshape(state.mask, [batch, source]) as tf.Tensor2D;
			const { alignment, next = {}, penalty, sample } = this.align(query, state, mask, options);
			const context = contextOf(tf.reshape(alignment, [batch, 1, source]), state.memory); // [B, 1, M]
			return {
				context: tf.reshape(context, [batch, memorySize]) as tf.Tensor2D,
				alignment,
				state: { ...state, ...next },
				...(penalty && { penalty }),
				...(sample && { sample }),
			};
		});
	}

	protected attendSequence(
		query: tf.Tensor3D,
		state: AttentionState,
		{ training }: StepOptions,
	): AttendedSequence {
		const [batch, source] = state.memory.shape;
		const contexts: tf.Tensor2D[] = [];
		const alignments: tf.Tensor2D[] = [];
		let now = state;
		unstackSteps(tf.transpose(query, [1, 0, 2])).forEach((question, t) => {
			const mask =
				state.mask.shape[1] === 1
					? state.mask
					: (tf.slice(state.mask, [0, t, 0], [batch, 1, source]) as tf.Tensor3D);
			const options = training && { training: { seed: seedFor(training.seed, `step/${t}`) } };
			const step = this.step(question, { ...now, mask }, options);
			contexts.push(step.context);
			alignments.push(step.alignment);
			now = step.state;
		});
		return {
			context: tf.stack(contexts, 1) as tf.Tensor3D, // [B, T, M]
			alignment: tf.stack(alignments, 1) as tf.Tensor3D, // [B, T, S]
		};
	}
}
