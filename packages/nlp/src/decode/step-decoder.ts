import { HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";

/** What one step of a {@link StepDecoder} gives; the search disposes it, and a tensor that is in the state too with the state. */
export interface StepResult<State> {
	/** Log-probabilities of the next token, `[rows, classes]`; NaN counts as impossible. */
	readonly logProbs: tf.Tensor2D;
	/** Where the step looked, `[rows, source]`, if the model can say. */
	readonly alignment?: tf.Tensor2D;
	readonly state: State;
}

/**
 * A model that predicts one token after the other: all that greedy and beam search need to know of it. Rows are
 * hypotheses; those of one source stand together.
 *
 * A state is made of tensors in plain objects and arrays. The search disposes those that the next state does not share.
 */
export interface StepDecoder<Source, State> {
	/** How many tokens there are, if that is known beforehand: ids that are none are then refused before the first step. */
	readonly classes?: number;
	/** How many sources there are. */
	batchSize(source: Source): number;
	/**
	 * The token of each source that the first step is given, `[batch]`, for a model that goes on from a prompt. Without it
	 * that is the BOS.
	 */
	firstTokens?(source: Source): Int32Array;
	/**
	 * The state before the first step: each source `beams` times in a row (b0 b0 b1 b1).
	 *
	 * @param steps The most steps that will be asked for, so that a cache can have its full size from the start.
	 */
	start(source: Source, beams: number, steps: number): State;
	/** One step on the last token of every row, int32 `[rows]`. The state is used up: a cache in it may be written to. */
	step(tokens: tf.Tensor1D, state: State): StepResult<State>;
	/**
	 * The rows `indices`, int32 `[rows]`: row i goes on from row `indices[i]`, which belongs to the same source. What belongs
	 * to the source (memory, keys) may stay as it is; everything that a hypothesis has (recurrent states, the last
	 * alignment, caches) must move.
	 */
	reorder(state: State, indices: tf.Tensor1D): State;
}

/** Refuses what cannot be decoded. */
export function checkStepDecoder(where: string, model: unknown): void {
	const needed = ["batchSize", "start", "step", "reorder"];
	const has = (name: string): boolean =>
		typeof (model as Record<string, unknown> | null | undefined)?.[name] === "function";
	const missing = needed.filter((name) => !has(name));
	if (missing.length === 0) return;
	const isObject = typeof model === "object" && model !== null;
	const came = isObject ? `has no ${missing.map((name) => `\`${name}\``).join(", ")}` : `is ${String(model)}`;
	const message = `\`model\` ${came}; expected one that decodes step by step, with ${needed.join(", ")}: a \`Seq2Seq\`, for instance.`;
	throw new HeedError("OPTION", where, message);
}
