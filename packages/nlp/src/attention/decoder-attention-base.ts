import { checkDtype, checkNotEmpty, checkShape, HeedError } from "@heed/core";
import { AttentionLayer, type CallOptions, knownSize, seedFor, whereLive } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { checkMemory, checkState, lengthMask, reorderState } from "./attention-state.ts";
import type {
	AttentionState,
	AttentionStep,
	DecoderAttentionLayer,
	StepOptions,
} from "./decoder-attention.ts";

/** What a mechanism gives for all queries of a sequence. */
export interface AttendedSequence {
	/** `[batch, time, memorySize]`. */
	readonly context: tf.Tensor3D;
	/** `[batch, time, source]`. */
	readonly alignment: tf.Tensor3D;
}

/**
 * What every decoder attention is as a layer: it builds its weights for a size of the query and of the memory, sets up a
 * state, and checks what comes.
 *
 * As a layer it takes `[query, memory]` or `[query, memory, mask]`: query `[batch, time, querySize]`, memory
 * `[batch, source, memorySize]`, mask bool `[batch, source]` or `[batch, time, source]`, true = attend. It returns the
 * context `[batch, time, memorySize]`, and with `returnAttention` the alignment `[batch, time, source]` as well. What stands
 * behind a length, or where the mask lets no query look, may be anything, NaN too. Inside `fit` a mechanism that samples
 * draws from the layer's seed, other numbers in every call.
 *
 * When not to extend it: a mechanism with a score of its own is a {@link ScoreAttention}, one that looks back at what it
 * did a {@link SteppedAttention}, another that answers all queries at once a {@link ParallelAttention}.
 */
export abstract class DecoderAttentionBase extends AttentionLayer implements DecoderAttentionLayer {
	/** What records of this mechanism are called. */
	abstract readonly kind: string;
	#sizes: { readonly query: number; readonly memory: number } | undefined;
	#calls = 0;

	/** Adds the weights, or refuses sizes that do not fit. */
	protected abstract addWeights(querySize: number, memorySize: number): void;

	/** The state before the first step; the mask is bool `[B, 1, S]`, or of a layer `[B, T, S]`. */
	protected abstract startState(memory: tf.Tensor3D, mask: tf.Tensor3D): AttentionState;

	/** Attends with every query of `[B, T, Q]`, from the state before the first. */
	protected abstract attendSequence(
		query: tf.Tensor3D,
		state: AttentionState,
		options: StepOptions,
	): AttendedSequence;

	abstract step(query: tf.Tensor2D, state: AttentionState, options?: StepOptions): AttentionStep;

	override build(inputShape: Shape | Shape[]): void {
		const [query = [], memory = []] = this.shapeList(inputShape);
		const querySize = knownSize(this.where, "query", query, ["batch", "time", "querySize"]);
		const memorySize = knownSize(this.where, "memory", memory, ["batch", "source", "memorySize"]);
		this.addWeights(querySize, memorySize);
		this.#sizes = { query: querySize, memory: memorySize };
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
		const where = `${this.where}.setUp`;
		checkMemory(where, memory, lengths);
		this.#checkMemorySize(where, memory);
		return tf.tidy(() => {
			const mask = lengthMask(memory, lengths);
			return this.startState(lengths === undefined ? memory : whereLive(memory, mask), mask);
		});
	}

	reorderState(state: AttentionState, indices: tf.Tensor1D): AttentionState {
		checkState(`${this.where}.reorderState`, state);
		return tf.tidy(() => reorderState(state, indices));
	}

	protected override checkInputs(inputs: tf.Tensor[]): void {
		const { tensors, mask } = this.splitInputs(inputs);
		if (tensors.length !== 2) {
			const message = `${tensors.length} inputs came that are no mask; expected [query, memory], and after them a mask of type bool.`;
			throw new HeedError("SHAPE", this.where, message);
		}
		const [query, memory] = tensors as [tf.Tensor3D, tf.Tensor3D];
		checkMemory(this.where, memory);
		this.#checkMemorySize(this.where, memory);
		const [batch, source] = memory.shape;
		const axes = ["batch", "time", "querySize"];
		checkShape(this.where, "query", query, axes, [batch, null, this.#sizes?.query ?? null], "memory");
		checkDtype(this.where, "query", query, "float32");
		checkNotEmpty(this.where, "query", query, axes);
		if (mask !== undefined) this.#checkMask(mask, [batch, query.shape[1], source]);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], kwargs: CallOptions = {}): tf.Tensor | tf.Tensor[] {
		this.checkInputs([inputs].flat());
		const { tensors, mask } = this.splitInputs(inputs);
		const [query, memory] = tensors as [tf.Tensor3D, tf.Tensor3D];
		const [batch, source] = memory.shape;
		const seed = kwargs.training ? seedFor(this.seed, `call/${this.#calls++}`) : undefined;
		return tf.tidy(() => {
			const seen = this.joinedMask(mask, memory);
			const all = seen ?? tf.ones([batch, 1, source], "bool");
			const broadcast = (all.rank === 2 ? tf.expandDims(all, 1) : all) as tf.Tensor3D;
			// A weight of 0 would not keep out NaN; a place that no query may see takes no part, whatever stands there.
			const live = all.rank === 2 ? all : tf.any(all, 1);
			const state = this.startState(seen === undefined ? memory : whereLive(memory, live), broadcast);
			const options = seed === undefined ? {} : { training: { seed } };
			const { context, alignment } = this.attendSequence(query, state, options);
			this.record({ kind: this.kind, axes: ["batch", "query", "key"], weights: alignment });
			return this.returnAttention ? [context, alignment] : context;
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [query = [], memory = []] = this.shapeList(inputShape);
		const context: Shape = [...query.slice(0, -1), memory[2] ?? null];
		return this.returnAttention ? [context, [...query.slice(0, -1), memory[1] ?? null]] : context;
	}

	/** Refuses the query of a step that does not fit its state or the weights. */
	protected checkStep(query: tf.Tensor2D, state: AttentionState): void {
		const where = `${this.where}.step`;
		checkState(where, state);
		const expected = [state.memory.shape[0], this.#sizes?.query ?? null];
		checkShape(where, "query", query, ["batch", "querySize"], expected, "the state");
		checkDtype(where, "query", query, "float32");
	}

	/** A part that `addWeights` has made. */
	protected made<T>(part: T | undefined): T {
		if (part !== undefined) return part;
		const message = "the weights are not there yet. Call `apply` or `buildFor(querySize, memorySize)` first.";
		throw new HeedError("VALUE", this.where, message);
	}

	#checkMemorySize(where: string, memory: tf.Tensor3D): void {
		const axes = ["batch", "source", "memorySize"];
		checkShape(where, "memory", memory, axes, [null, null, this.#sizes?.memory ?? null], "the weights");
		checkNotEmpty(where, "memory", memory, axes);
	}

	#checkMask(mask: tf.Tensor, sizes: readonly [batch: number, time: number, source: number]): void {
		checkDtype(this.where, "mask", mask, "bool");
		const drop = (_: unknown, axis: number): boolean => mask.rank !== 2 || axis !== 1;
		const axes = ["batch", "time", "source"].filter(drop);
		checkShape(this.where, "mask", mask, axes, sizes.filter(drop), "query and memory");
	}
}
