import type * as tf from "@tensorflow/tfjs-core";

/**
 * What a recurrent cell remembers: `[hidden]` of a GRU, `[hidden, cell]` of an LSTM, each `[batch, units]`; of a QRNN
 * `[hidden, cell, window]`, the window being the last inputs, `[batch, (kernelSize − 1) · inputSize]`.
 */
export type RecurrentState = tf.Tensor2D[];

/** What {@link RecurrentCell.sequence} accepts. */
export interface SequenceOptions {
	/**
	 * 1 for a step that counts, 0 for padding, float32 `[time, batch]`. Where it is 0 the output is zero and the state
	 * stays exactly as it was, so the backward direction starts at the last valid step. What the input holds there is not seen,
	 * NaN neither.
	 */
	readonly live?: tf.Tensor2D | undefined;
	/** Go from the last step to the first. Outputs keep their places. Default false. */
	readonly reverse?: boolean | undefined;
}

/** The outputs of all steps and the last state. */
export interface SequenceResult {
	/** `[time, batch, units]`. */
	readonly outputs: tf.Tensor3D;
	readonly state: RecurrentState;
}

/**
 * A recurrent cell: weights and two ways to run them, that give the same numbers. Sequences are time-major. The caller
 * owns every tensor that comes out, and wraps calls in `tf.tidy`.
 */
export interface RecurrentCell {
	/** Which cell it is. */
	readonly kind: "gru" | "lstm" | "qrnn";
	/** Numbers per input. */
	readonly inputSize: number;
	/** Numbers per output, and per tensor of the state but for a window. */
	readonly units: number;
	/** How many tensors its state has. */
	readonly stateSize: 1 | 2 | 3;
	/** The size of the window in its state, `(kernelSize − 1) · inputSize`: only of a cell that looks at several inputs. */
	readonly windowSize?: number;
	/** The weights by name. */
	readonly weights: Readonly<Record<string, tf.Variable>>;
	/** A state of zeros. */
	zeroState(batch: number): RecurrentState;
	/** One step on `[batch, inputSize]`. */
	step(input: tf.Tensor2D, state: RecurrentState): RecurrentState;
	/** Every step of `[time, batch, inputSize]`. */
	sequence(inputs: tf.Tensor3D, state: RecurrentState, options?: SequenceOptions): SequenceResult;
}
