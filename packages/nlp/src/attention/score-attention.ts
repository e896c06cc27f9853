import { checkDtype, checkRank, checkShape, HeedError, maskedSoftmax } from "@heed/core";
import { AttentionLayer } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable, Shape } from "@tensorflow/tfjs-layers";
import { checkMemory, lengthMask, reorderState } from "./attention-state.ts";
import { contextOf } from "./context-of.ts";
import type { AttentionState, AttentionStep, ParallelDecoderAttention } from "./decoder-attention.ts";

/**
 * The base of every mechanism that scores each key on its own: `weights = softmax(score(query, keys))` over the valid
 * positions, `context = weights · memory`. A subclass has the score; this class has the two ways to run it, which give
 * the same numbers: step by step in a decoder, or as a layer on a whole sequence.
 *
 * As a layer it takes `[query, memory]` or `[query, memory, mask]`: query `[batch, time, querySize]`, memory
 * `[batch, source, memorySize]`, mask bool `[batch, source]` or `[batch, time, source]`, true = attend. It returns the
 * context `[batch, time, memorySize]`, and with `returnAttention` the alignment `[batch, time, source]` as well.
 */
export abstract class ScoreAttention extends AttentionLayer implements ParallelDecoderAttention {
	/** What records of this mechanism are called. */
	abstract readonly kind: string;

	/** Adds the weights. */
	protected abstract addWeights(querySize: number, memorySize: number): void;

	/** What of the score depends on the memory alone, `[B, S, M]` to `[B, S, U]`. */
	protected abstract projectMemory(memory: tf.Tensor3D): tf.Tensor3D;

	/** `[B, Tq, n]` and `[B, S, U]` to the scores `[B, Tq, S]`. */
	protected abstract score(query: tf.Tensor3D, keys: tf.Tensor3D): tf.Tensor3D;

	override build(inputShape: Shape | Shape[]): void {
		const [query = [], memory = []] = this.shapeList(inputShape);
		const querySize = query[query.length - 1];
		const memorySize = memory[memory.length - 1];
		if (typeof querySize !== "number" || typeof memorySize !== "number") {
			throw new HeedError(
				"SHAPE",
				this.where,
				`the last axes of query [${query.join(", ")}] and memory [${memory.join(", ")}] must be known sizes.`,
			);
		}
		this.addWeights(querySize, memorySize);
		super.build(inputShape);
	}

	/** Builds the weights outside of a `tf.layers` model. */
	buildFor(querySize: number, memorySize: number): void {
		if (!this.built) {
			this.build([
				[null, null, querySize],
				[null, null, memorySize],
			]);
		}
	}

	setUp(memory: tf.Tensor3D, lengths?: tf.Tensor1D): AttentionState {
		checkMemory(`${this.where}.setUp`, memory, lengths);
		return tf.tidy(() => ({
			keys: this.projectMemory(memory), // [B, S, U]
			memory: tf.clone(memory), // a state owns all that is in it
			mask: lengthMask(memory, lengths), // [B, 1, S]
		}));
	}

	step(query: tf.Tensor2D, state: AttentionState): AttentionStep {
		const [batch, source, memorySize] = state.memory.shape;
		checkShape(`${this.where}.step`, "query", query, ["batch", "querySize"], [batch, null], "the state");
		return tf.tidy(() => {
			const { context, alignment } = this.attendAll(tf.expandDims(query, 1) as tf.Tensor3D, state);
			return {
				context: tf.reshape(context, [batch, memorySize]) as tf.Tensor2D,
				alignment: tf.reshape(alignment, [batch, source]) as tf.Tensor2D,
				state,
			};
		});
	}

	attendAll(query: tf.Tensor3D, state: AttentionState): { context: tf.Tensor3D; alignment: tf.Tensor3D } {
		return tf.tidy(() => {
			const alignment = maskedSoftmax(this.score(query, state.keys), state.mask); // [B, Tq, S]
			return { context: contextOf(alignment, state.memory), alignment };
		});
	}

	reorderState(state: AttentionState, indices: tf.Tensor1D): AttentionState {
		return tf.tidy(() => reorderState(state, indices));
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
		const { tensors, mask } = this.splitInputs(inputs);
		const [query, memory] = tensors as [tf.Tensor3D, tf.Tensor3D];
		checkMemory(this.name, memory);
		checkShape(
			this.name,
			"query",
			query,
			["batch", "time", "querySize"],
			[memory.shape[0], null, null],
			"memory",
		);
		const seen = mask ?? this.attachedMask(memory);
		if (seen !== undefined) this.#checkMask(seen);
		return tf.tidy(() => {
			const [batch, source] = memory.shape;
			const keys = this.projectMemory(memory);
			const all = seen ?? tf.ones([batch, 1, source], "bool");
			const broadcast = (all.rank === 2 ? tf.expandDims(all, 1) : all) as tf.Tensor3D;
			const { context, alignment } = this.attendAll(query, { keys, memory, mask: broadcast });
			this.record({ kind: this.kind, axes: ["batch", "query", "key"], weights: alignment });
			return this.returnAttention ? [context, alignment] : context;
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [query = [], memory = []] = this.shapeList(inputShape);
		const context: Shape = [...query.slice(0, -1), memory[2] ?? null];
		return this.returnAttention ? [context, [...query.slice(0, -1), memory[1] ?? null]] : context;
	}

	#checkMask(mask: tf.Tensor): void {
		checkDtype(this.name, "mask", mask, "bool");
		if (mask.rank !== 2) checkRank(this.name, "mask", mask, ["batch", "time", "source"]);
	}

	/** The value of a weight, which differentiates like any tensor. */
	protected read<T extends tf.Tensor>(weight: LayerVariable | undefined): T {
		if (weight === undefined) {
			throw new HeedError(
				"VALUE",
				this.name,
				"the weights are not there yet. Call `apply` or `buildFor(querySize, memorySize)` first.",
			);
		}
		return weight.read() as T;
	}
}
