import { checkNumber, checkOptions } from "@heed/core";
import { type ParameterScope, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { checkSequence, checkStep } from "./check-recurrent.ts";
import { inputWindows } from "./input-window.ts";
import { linearRecurrence } from "./linear-recurrence.ts";
import { liveInputs } from "./live-inputs.ts";
import type { RecurrentCell, RecurrentState, SequenceOptions, SequenceResult } from "./recurrent-cell.ts";

/** What {@link QrnnCell} accepts. */
export interface QrnnCellOptions {
	/** Size of the input. */
	readonly inputSize: number;
	/** Size of the state. */
	readonly units: number;
	/** How many inputs a step looks at, its own and those before it. Default 2. */
	readonly kernelSize?: number | undefined;
}

/**
 * A quasi-recurrent cell: a convolution over the last inputs makes all gates at once, and what runs step by step has no
 * products, only `f`:
 *
 *     z, f, o = tanh, sigmoid, sigmoid([x_{t−k+1}; …; x_t] · K + b)
 *     c_t     = f ∘ c_{t−1} + (1 − f) ∘ z
 *     h_t     = o ∘ c_t                                   ("fo-pooling")
 *
 * Its state is `[h, c, window]`: the window holds the last k − 1 inputs that counted, the oldest first, `[batch, (k − 1) ·
 * inputSize]`; with a kernel of 1 there is none. Reading backward, the window holds the inputs behind.
 *
 * Weights, gates in the order z, f, o: `kernel` `[kernelSize · inputSize, 3·units]`, the oldest input first, and `bias`
 * `[3·units]`.
 *
 * Bradbury, Merity, Xiong, Socher 2017, "Quasi-Recurrent Neural Networks", https://arxiv.org/abs/1611.01576
 *
 * When not to use it: for tasks that must compute with the state, counting brackets for instance. Its gates see inputs only.
 */
export class QrnnCell implements RecurrentCell {
	readonly kind = "qrnn";
	readonly stateSize: 2 | 3;
	readonly inputSize: number;
	readonly units: number;
	readonly kernelSize: number;
	readonly windowSize: number;
	readonly weights: {
		readonly kernel: tf.Variable<tf.Rank.R2>;
		readonly bias: tf.Variable<tf.Rank.R1>;
	};

	/**
	 * @param parameters Where the weights are registered, for instance `new Parameters({ seed: 1 })`.
	 * @throws HeedError `OPTION`.
	 */
	constructor(parameters: ParameterScope, options: QrnnCellOptions) {
		checkOptions("QrnnCell", options, ["inputSize", "units", "kernelSize"]);
		const { inputSize, units, kernelSize = 2 } = options;
		checkNumber("QrnnCell", "inputSize", inputSize, { integer: true, min: 1 });
		checkNumber("QrnnCell", "units", units, { integer: true, min: 1 });
		checkNumber("QrnnCell", "kernelSize", kernelSize, { integer: true, min: 1 });
		this.inputSize = inputSize;
		this.units = units;
		this.kernelSize = kernelSize;
		this.windowSize = (kernelSize - 1) * inputSize;
		this.stateSize = kernelSize === 1 ? 2 : 3;
		this.weights = {
			kernel: parameters.add("kernel", [kernelSize * inputSize, 3 * units]),
			bias: parameters.add("bias", [3 * units], "zeros"),
		};
	}

	zeroState(batch: number): RecurrentState {
		checkNumber("QrnnCell.zeroState", "batch", batch, { integer: true, min: 0 });
		const sizes = [this.units, this.units, this.windowSize].slice(0, this.stateSize);
		return sizes.map((size) => tf.zeros([batch, size]));
	}

	step(input: tf.Tensor2D, state: RecurrentState): RecurrentState {
		checkStep(this, "QrnnCell.step", input, state);
		return tf.tidy(() => {
			const [, cell, before] = state as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D?];
			const window = before === undefined ? input : (tf.concat([before, input], 1) as tf.Tensor2D); // [B, k·I]
			const { z, forget, output } = this.#gates(window);
			const next = tf.add(tf.mul(forget, cell), tf.mul(tf.sub(1, forget), z)) as tf.Tensor2D; // [B, U]
			const hidden = tf.mul(output, next) as tf.Tensor2D;
			if (before === undefined) return [hidden, next];
			return [hidden, next, tf.slice(window, [0, this.inputSize], [-1, this.windowSize])];
		});
	}

	sequence(inputs: tf.Tensor3D, state: RecurrentState, options: SequenceOptions = {}): SequenceResult {
		checkSequence(this, "QrnnCell.sequence", inputs, state, options);
		const { live, reverse = false } = options;
		return tf.tidy(() => {
			const [time, batch] = inputs.shape;
			const [hidden, cell, before] = state as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D?];
			const { windows, last } = inputWindows(liveInputs(inputs, live), before, live, reverse);
			const counts = live && (tf.reshape(live, [time, batch, 1]) as tf.Tensor3D);
			// A forget gate that is open wide freezes the state exactly: sigmoid(1e9) is 1.
			const open = counts && tf.mul(tf.sub(1, counts), 1e9); // [T, B, 1]
			const { z, forget, output } = this.#gates(windows, open);
			const cells = linearRecurrence(forget, tf.mul(tf.sub(1, forget), z), cell, reverse); // [T, B, U]
			const hiddens = tf.mul(output, cells) as tf.Tensor3D;
			const outputs = counts === undefined ? hiddens : (tf.mul(hiddens, counts) as tf.Tensor3D);
			const held =
				counts === undefined
					? hiddens
					: linearRecurrence(tf.sub(1, counts) as tf.Tensor3D, outputs, hidden, reverse);
			const end = (x: tf.Tensor3D): tf.Tensor2D =>
				tf.reshape(tf.slice(x, [reverse ? 0 : time - 1, 0, 0], [1, -1, -1]), [batch, this.units]);
			return { outputs, state: [end(held), end(cells), ...(last === undefined ? [] : [last])] };
		});
	}

	/** The gates of every window, `[..., U]` each. */
	#gates<T extends tf.Tensor>(windows: T, open?: tf.Tensor): { z: T; forget: T; output: T } {
		const { kernel, bias } = this.weights;
		const [z, f, o] = tf.split(project(windows, kernel, bias), 3, windows.rank - 1) as [T, T, T];
		return {
			z: tf.tanh(z),
			forget: tf.sigmoid(open === undefined ? f : (tf.add(f, open) as T)),
			output: tf.sigmoid(o),
		};
	}
}
