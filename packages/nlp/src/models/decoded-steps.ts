import * as tf from "@tensorflow/tfjs-core";
import type { AttentionState, AttentionStep } from "../attention/decoder-attention.ts";
import type { RecurrentState } from "../recurrent/recurrent-cell.ts";
import type { BetweenLayers } from "../recurrent/recurrent-encoder.ts";

/** What the decoder remembers between two tokens. */
export type DecoderState = {
	/** The state of each layer. */
	readonly cells: RecurrentState[];
	readonly attention: AttentionState;
	/** The attentional vector of the last step, `[batch, units]`: only with input feeding. */
	readonly fed?: tf.Tensor2D;
};

/** What every {@link DecoderState} has. */
export const decoderStateParts: readonly string[] = ["cells", "attention"];

/** What {@link AttentionalDecoder.run} may be told. */
export interface DecoderRunOptions {
	/**
	 * Applied to the output of every layer but the last: of all steps at once where they run at once, else of each step.
	 * Default: nothing.
	 */
	readonly between?: BetweenLayers | undefined;
	/**
	 * Seed of a step of training: mechanisms that sample draw from it. Without it they take what is likeliest, and where a
	 * gradient is computed, `hard` and `monotonic` are refused: their choice has none.
	 */
	readonly seed?: number | undefined;
}

/** What {@link AttentionalDecoder.step} gives. */
export interface DecodedStep {
	/** The attentional vector, `[B, U]`. */
	readonly vector: tf.Tensor2D;
	/** What was attended to, `[B, M]`. */
	readonly context: tf.Tensor2D;
	/** The state of the top layer, `[B, U]`. */
	readonly hidden: tf.Tensor2D;
	/** `[B, S]`. */
	readonly alignment: tf.Tensor2D;
	readonly state: DecoderState;
}

/** What {@link AttentionalDecoder.run} gives. */
export interface DecodedSteps {
	/** The attentional vectors, `[T, B, U]`. */
	readonly vectors: tf.Tensor3D;
	/** `[T, B, M]`. */
	readonly context: tf.Tensor3D;
	/** The states of the top layer, `[T, B, U]`. */
	readonly hidden: tf.Tensor3D;
	/** `[B, T, S]`. */
	readonly alignment: tf.Tensor3D;
	/** `[T, B]`, of a mechanism that has one. */
	readonly penalty?: tf.Tensor2D;
	/** What was drawn, each `[T, B]`, by a mechanism that does and with a seed. */
	readonly sample?: { readonly logProb: tf.Tensor2D; readonly entropy: tf.Tensor2D };
}

/** What a decoder makes of one step, before the attentional vector. */
export interface DecoderStep extends Omit<AttentionStep, "state"> {
	readonly hidden: tf.Tensor2D; // [B, U]
	readonly state: DecoderState;
}

/** What each step has, as one tensor. */
export function stack(
	steps: readonly DecoderStep[],
	part: (step: DecoderStep) => tf.Tensor2D,
	axis = 0,
): tf.Tensor3D {
	return tf.stack(steps.map(part), axis) as tf.Tensor3D;
}

/** The penalties and the draws of all steps, of a mechanism that has them. */
export function chosen(steps: readonly DecoderStep[]): Pick<DecodedSteps, "penalty" | "sample"> {
	const every = (part: (step: DecoderStep) => tf.Tensor1D | undefined): tf.Tensor2D | undefined => {
		const parts = steps.map(part).filter((tensor) => tensor !== undefined);
		return parts.length === steps.length ? (tf.stack(parts) as tf.Tensor2D) : undefined; // [T, B]
	};
	const penalty = every((step) => step.penalty);
	const logProb = every((step) => step.sample?.logProb);
	const entropy = every((step) => step.sample?.entropy);
	return { ...(penalty && { penalty }), ...(logProb && entropy && { sample: { logProb, entropy } }) };
}
