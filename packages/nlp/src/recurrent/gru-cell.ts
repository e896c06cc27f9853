import { checkFlag, checkNumber, checkOptions, gruResetBeforeSequence, gruSequence } from "@heed/core";
import { type ParameterScope, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { checkSequence, checkStep } from "./check-recurrent.ts";
import { liveInputs } from "./live-inputs.ts";
import type { RecurrentCell, RecurrentState, SequenceOptions, SequenceResult } from "./recurrent-cell.ts";

/** What {@link GruCell} accepts. */
export interface GruCellOptions {
	/** Size of the input. */
	readonly inputSize: number;
	/** Size of the state. */
	readonly units: number;
	/**
	 * Reset after the recurrent product, as PyTorch and Keras do by default, or before it, as the paper, TensorFlow.js and
	 * ONNX do. Default true.
	 */
	readonly resetAfter?: boolean | undefined;
}

/**
 * A gated recurrent unit:
 *
 *     z, r = sigmoid(x·K_zr + h·R_zr + b_zr)
 *     n    = tanh(x·K_n + b_n + r ∘ (h·R_n + c_n))      or, resetting before,  tanh(x·K_n + b_n + (r ∘ h)·R_n)
 *     h'   = z ∘ h + (1 − z) ∘ n
 *
 * Weights, gates in the order z, r, n: `kernel` `[inputSize, 3·units]`, `recurrentKernel` `[units, 3·units]`, `bias`
 * `[3·units]` and, resetting after, `recurrentBias` `[3·units]`: the layout of Keras, but that it keeps both biases in one
 * tensor. `gruFromKeras` and `gruFromTorch` convert.
 *
 * The GRU of `tf.layers` cannot reset after the product (so it cannot hold those weights) and uses a hard sigmoid.
 *
 * Inputs `[time, batch, inputSize]`, state `[batch, units]`.
 *
 * Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", https://arxiv.org/abs/1406.1078
 *
 * When not to use it: inside a `tf.layers` model, whose recurrent layers take only cells of their own.
 */
export class GruCell implements RecurrentCell {
	readonly kind = "gru";
	readonly stateSize = 1;
	readonly inputSize: number;
	readonly units: number;
	readonly resetAfter: boolean;
	readonly weights: {
		readonly kernel: tf.Variable<tf.Rank.R2>;
		readonly recurrentKernel: tf.Variable<tf.Rank.R2>;
		readonly bias: tf.Variable<tf.Rank.R1>;
		readonly recurrentBias?: tf.Variable<tf.Rank.R1>;
	};

	/**
	 * @param parameters Where the weights are registered, for instance `new Parameters({ seed: 1 })`.
	 * @throws HeedError `OPTION`.
	 */
	constructor(parameters: ParameterScope, options: GruCellOptions) {
		checkOptions("GruCell", options, ["inputSize", "units", "resetAfter"]);
		const { inputSize, units, resetAfter = true } = options;
		checkNumber("GruCell", "inputSize", inputSize, { integer: true, min: 1 });
		checkNumber("GruCell", "units", units, { integer: true, min: 1 });
		checkFlag("GruCell", "resetAfter", resetAfter);
		this.inputSize = inputSize;
		this.units = units;
		this.resetAfter = resetAfter;
		this.weights = {
			kernel: parameters.add("kernel", [inputSize, 3 * units]),
			recurrentKernel: parameters.add("recurrentKernel", [units, 3 * units], "orthogonal"),
			bias: parameters.add("bias", [3 * units], "zeros"),
			...(resetAfter && { recurrentBias: parameters.add("recurrentBias", [3 * units], "zeros") }),
		};
	}

	zeroState(batch: number): RecurrentState {
		checkNumber("GruCell.zeroState", "batch", batch, { integer: true, min: 0 });
		return [tf.zeros([batch, this.units])];
	}

	step(input: tf.Tensor2D, state: RecurrentState): RecurrentState {
		checkStep(this, "GruCell.step", input, state);
		return tf.tidy(() => {
			const [batch] = input.shape;
			const inputs = tf.reshape(input, [1, batch, this.inputSize]) as tf.Tensor3D;
			const states = this.#run(inputs, state, {});
			return [tf.reshape(states, [batch, this.units]) as tf.Tensor2D];
		});
	}

	sequence(inputs: tf.Tensor3D, state: RecurrentState, options: SequenceOptions = {}): SequenceResult {
		checkSequence(this, "GruCell.sequence", inputs, state, options);
		return tf.tidy(() => {
			const [time, batch] = inputs.shape;
			const { live, reverse = false } = options;
			const states = this.#run(liveInputs(inputs, live), state, options);
			const last = tf.slice(states, [reverse ? 0 : time - 1, 0, 0], [1, batch, this.units]);
			const outputs = live === undefined ? states : tf.mul(states, tf.reshape(live, [time, batch, 1]));
			return {
				outputs: outputs as tf.Tensor3D,
				state: [tf.reshape(last, [batch, this.units]) as tf.Tensor2D],
			};
		});
	}

	/** The state after each step, frozen (not zero) where a step does not count: `[T, B, U]`. */
	#run(inputs: tf.Tensor3D, state: RecurrentState, { live, reverse = false }: SequenceOptions): tf.Tensor3D {
		const { kernel, recurrentKernel, bias, recurrentBias } = this.weights;
		const [initial] = state as [tf.Tensor2D];
		const projected = project(inputs, kernel, bias); // [T, B, 3U]
		const x = live === undefined ? projected : this.#freeze(projected, live);
		return recurrentBias === undefined
			? gruResetBeforeSequence(x, initial, recurrentKernel, { reverse })
			: gruSequence(x, initial, recurrentKernel, recurrentBias, { reverse });
	}

	/** Opens the update gate wide where a step does not count, which costs nothing in the recurrence. */
	#freeze(projected: tf.Tensor3D, live: tf.Tensor2D): tf.Tensor3D {
		const [time, batch] = live.shape;
		const open = tf.reshape(tf.mul(tf.sub(1, live), 1e9), [time, batch, 1, 1]); // sigmoid(1e9) is exactly 1
		const updateOnly = tf.tensor4d([1, 0, 0], [1, 1, 3, 1]);
		const gates = tf.reshape(projected, [time, batch, 3, this.units]);
		return tf.reshape(tf.add(gates, tf.mul(open, updateOnly)), projected.shape);
	}
}
