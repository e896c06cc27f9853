import { checkDtype, checkShape } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable, Shape } from "@tensorflow/tfjs-layers";
import { checkState } from "./attention-state.ts";
import type { AttentionState, AttentionStep, ParallelDecoderAttention } from "./decoder-attention.ts";
import { DecoderAttentionBase } from "./decoder-attention-base.ts";

/**
 * The base of every mechanism whose steps do not wait for each other: `attendSequence` of a subclass answers all queries of
 * a sequence at once, and a step is a sequence of one. So the ways to run it, step by step in a decoder, all at once, or as
 * a layer, give the same numbers.
 */
export abstract class ParallelAttention extends DecoderAttentionBase implements ParallelDecoderAttention {
	#querySize: number | null = null;

	override build(inputShape: Shape | Shape[]): void {
		super.build(inputShape);
		this.#querySize = this.shapeList(inputShape)[0]?.at(-1) ?? null;
	}

	step(query: tf.Tensor2D, state: AttentionState): AttentionStep {
		this.checkStep(query, state);
		const [batch, , source] = state.mask.shape;
		return tf.tidy(() => {
			const { context, alignment } = this.attendSequence(tf.expandDims(query, 1) as tf.Tensor3D, state, {});
			return {
				context: tf.reshape(context, [batch, context.shape[2]]) as tf.Tensor2D,
				alignment: tf.reshape(alignment, [batch, source]) as tf.Tensor2D,
				state,
			};
		});
	}

	attendAll(query: tf.Tensor3D, state: AttentionState): { context: tf.Tensor3D; alignment: tf.Tensor3D } {
		const where = `${this.where}.attendAll`;
		checkState(where, state);
		const expected = [state.mask.shape[0], null, this.#querySize];
		checkShape(where, "query", query, ["batch", "time", "querySize"], expected, "the state");
		checkDtype(where, "query", query, "float32");
		return tf.tidy(() => {
			const { context, alignment } = this.attendSequence(query, state, {});
			return { context, alignment };
		});
	}

	/** The value of a weight, which differentiates like any tensor. */
	protected read<T extends tf.Tensor>(weight: LayerVariable | undefined): T {
		return this.made(weight).read() as T;
	}
}
