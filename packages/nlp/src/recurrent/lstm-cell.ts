import { checkNumber, checkOptions, lstmSequence } from "@heed/core";
import { type ParameterScope, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { checkSequence, checkStep } from "./check-recurrent.ts";
import { liveInputs } from "./live-inputs.ts";
import type { RecurrentCell, RecurrentState, SequenceOptions, SequenceResult } from "./recurrent-cell.ts";

/** What {@link LstmCell} accepts. */
export interface LstmCellOptions {
	/** Size of the input. */
	readonly inputSize: number;
	/** Size of the hidden state and of the cell. */
	readonly units: number;
	/** Start the bias of the forget gate at 1, as Keras does, so that the cell remembers at first. Default true. */
	readonly unitForgetBias?: boolean;
}

/**
 * A long short-term memory cell:
 *
 *     i, f, o = sigmoid(x·K + h·R + b)      g = tanh(x·K_g + h·R_g + b_g)
 *     c' = f ∘ c + i ∘ g                    h' = o ∘ tanh(c')
 *
 * Weights, gates in the order i, f, g, o: `kernel` `[inputSize, 4·units]`, `recurrentKernel` `[units, 4·units]` and `bias`
 * `[4·units]`: the layout of Keras, see `lstmFromKeras`; `lstmFromTorch` converts PyTorch's. The LSTM of `tf.layers` uses a hard
 * sigmoid.
 *
 * Inputs `[time, batch, inputSize]`, hidden state and cell `[batch, units]`.
 *
 * Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", https://doi.org/10.1162/neco.1997.9.8.1735
 *
 * When not to use it: where a GRU does as well, which has three quarters of the weights.
 */
export class LstmCell implements RecurrentCell {
	readonly kind = "lstm";
	readonly stateSize = 2;
	readonly inputSize: number;
	readonly units: number;
	readonly weights: {
		readonly kernel: tf.Variable<tf.Rank.R2>;
		readonly recurrentKernel: tf.Variable<tf.Rank.R2>;
		readonly bias: tf.Variable<tf.Rank.R1>;
	};

	/**
	 * @param parameters Where the weights are registered, for instance `new Parameters({ seed: 1 })`.
	 * @throws HeedError `OPTION`.
	 */
	constructor(parameters: ParameterScope, options: LstmCellOptions) {
		checkOptions("LstmCell", options, ["inputSize", "units", "unitForgetBias"]);
		const { inputSize, units, unitForgetBias = true } = options;
		checkNumber("LstmCell", "inputSize", inputSize, { integer: true, min: 1 });
		checkNumber("LstmCell", "units", units, { integer: true, min: 1 });
		this.inputSize = inputSize;
		this.units = units;
		this.weights = {
			kernel: parameters.add("kernel", [inputSize, 4 * units]),
			recurrentKernel: parameters.add("recurrentKernel", [units, 4 * units], "orthogonal"),
			bias: parameters.add("bias", [4 * units], "zeros"),
		};
		if (unitForgetBias) {
			tf.tidy(() => {
				const isForget = Array.from({ length: 4 * units }, (_, i) => (Math.floor(i / units) === 1 ? 1 : 0));
				this.weights.bias.assign(tf.tensor1d(isForget));
			});
		}
	}

	zeroState(batch: number): RecurrentState {
		checkNumber("LstmCell.zeroState", "batch", batch, { integer: true, min: 0 });
		return [tf.zeros([batch, this.units]), tf.zeros([batch, this.units])];
	}

	step(input: tf.Tensor2D, state: RecurrentState): RecurrentState {
		checkStep(this, "LstmCell.step", input, state);
		return tf.tidy(() => {
			const [batch] = input.shape;
			const inputs = tf.reshape(input, [1, batch, this.inputSize]) as tf.Tensor3D;
			const states = this.#run(inputs, state, {});
			return states.map((steps) => tf.reshape(steps, [batch, this.units]) as tf.Tensor2D);
		});
	}

	sequence(inputs: tf.Tensor3D, state: RecurrentState, options: SequenceOptions = {}): SequenceResult {
		checkSequence(this, "LstmCell.sequence", inputs, state, options);
		return tf.tidy(() => {
			const [time, batch] = inputs.shape;
			const { live, reverse = false } = options;
			const states = this.#run(liveInputs(inputs, live), state, { live, reverse });
			const last = states.map((steps) => {
				const step = tf.slice(steps, [reverse ? 0 : time - 1, 0, 0], [1, batch, this.units]);
				return tf.reshape(step, [batch, this.units]) as tf.Tensor2D;
			});
			const [hidden] = states;
			const outputs = live === undefined ? hidden : tf.mul(hidden, tf.reshape(live, [time, batch, 1]));
			return { outputs: outputs as tf.Tensor3D, state: last };
		});
	}

	/** Hidden state and cell after each step, frozen (not zero) where a step does not count: each `[T, B, U]`. */
	#run(inputs: tf.Tensor3D, state: RecurrentState, options: SequenceOptions): [tf.Tensor3D, tf.Tensor3D] {
		const [hidden, cell] = state as [tf.Tensor2D, tf.Tensor2D];
		const x = project(inputs, this.weights.kernel, this.weights.bias); // [T, B, 4U]
		return lstmSequence(x, hidden, cell, this.weights.recurrentKernel, options);
	}
}
