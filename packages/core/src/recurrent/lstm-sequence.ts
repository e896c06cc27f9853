import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkShape } from "../checks.ts";
import { type DifferentiableOp, runDifferentiableOp } from "../kernel/differentiable-op.ts";
import { checkSequence, type RecurrentSequenceOptions } from "./check-sequence.ts";
import { asRows, previousStates, stepsInOrder } from "./recurrent-steps.ts";

/** What {@link lstmSequence} accepts. */
export interface LstmSequenceOptions extends RecurrentSequenceOptions {
	/** 1 for a step that counts, 0 for padding, `[T, B]`. Default: all count. */
	readonly live?: tf.Tensor2D | undefined;
}

/**
 * All steps of an LSTM, with its gradient:
 *
 *     i, f, o = sigmoid(x_ifo + h·R_ifo)      g = tanh(x_g + h·R_g)
 *     c' = f ∘ c + i ∘ g                      h' = o ∘ tanh(c')
 *
 * Where a step does not count, the state stays as it was. In the backward pass, what does not depend on the incoming
 * gradient is computed for all steps at once, and the gradient of R is one product at the end.
 *
 * T: time, B: batch, U: units.
 *
 * Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", https://doi.org/10.1162/neco.1997.9.8.1735
 *
 * @param x The projected inputs with their bias, gates in the order i, f, g, o, `[T, B, 4U]`.
 * @param hidden `[B, U]`.
 * @param cell `[B, U]`.
 * @param kernel R, `[U, 4U]`.
 * @returns `[h, c]` after each step, each `[T, B, U]`.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
 */
export function lstmSequence(
	x: tf.Tensor3D,
	hidden: tf.Tensor2D,
	cell: tf.Tensor2D,
	kernel: tf.Tensor2D,
	options: LstmSequenceOptions = {},
): [hidden: tf.Tensor3D, cell: tf.Tensor3D] {
	const where = "lstmSequence";
	checkSequence(where, 4, x, { hidden, cell }, kernel, options, ["live", "reverse"]);
	const { live, reverse = false } = options;
	const [time, batch] = x.shape;
	if (live !== undefined) {
		checkShape(where, "live", live, ["time", "batch"], [time, batch], "x");
		checkDtype(where, "live", live, "float32");
	}
	return tf.tidy(() => {
		const counts = tf.reshape(live ?? tf.ones([time, batch]), [time, batch, 1]);
		const outputs = runDifferentiableOp(lstmOp, { x, hidden, cell, kernel, live: counts }, { reverse });
		return [outputs[0] as tf.Tensor3D, outputs[1] as tf.Tensor3D];
	});
}

/**
 * Name of the forward kernel of {@link lstmSequence}: inputs `x`, `hidden`, `cell`, `kernel` and `live` `[T, B, 1]`,
 * attribute `reverse` → h and c after every step `[T, B, U]`, the activated gates `[T, B, 4U]`, and c' as it would be if
 * every step counted `[T, B, U]`. The backward kernel is that of a `DifferentiableOp`.
 */
export const LSTM_SEQUENCE = "HeedLstmSequence";

/** The tensors of the op. */
interface LstmSequenceInputs {
	readonly x: tf.Tensor3D;
	readonly hidden: tf.Tensor2D;
	readonly cell: tf.Tensor2D;
	readonly kernel: tf.Tensor2D;
	readonly live: tf.Tensor3D; // [T, B, 1]
}

const lstmOp: DifferentiableOp<{ readonly reverse: boolean }> = {
	kernelName: LSTM_SEQUENCE,
	inputsToSave: ["hidden", "cell", "kernel", "live"],
	gradients: ["x", "hidden", "cell", "kernel", "live"],
	outputCount: 4,

	forward: (inputs, { reverse }) => {
		const { x, kernel, live, ...initial } = inputs as unknown as LstmSequenceInputs;
		const kept: tf.Tensor[][] = [[], [], [], []];
		const xs = tf.unstack(x);
		const lives = tf.unstack(live);
		const pads = tf.unstack(tf.sub(1, live));
		let { hidden, cell } = initial;
		for (const t of stepsInOrder(x.shape[0], reverse)) {
			const gates = tf.split(tf.add(xs[t] as tf.Tensor2D, tf.matMul(hidden, kernel)), 4, 1);
			const [input, forget, output] = [gates[0], gates[1], gates[3]].map((gate) =>
				tf.sigmoid(gate as tf.Tensor2D),
			) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
			const candidate = tf.tanh(gates[2] as tf.Tensor2D); // [B, U]
			const choose = (fresh: tf.Tensor2D, old: tf.Tensor2D): tf.Tensor2D =>
				tf.add(tf.mul(fresh, lives[t] as tf.Tensor), tf.mul(old, pads[t] as tf.Tensor));
			const freshCell = tf.add(tf.mul(forget, cell), tf.mul(input, candidate)) as tf.Tensor2D; // [B, U]
			hidden = choose(tf.mul(output, tf.tanh(freshCell)), hidden); // [B, U]
			cell = choose(freshCell, cell);
			const activated = tf.concat([input, forget, candidate, output], 1); // [B, 4U]
			[hidden, cell, activated, freshCell].forEach((value, i) => {
				(kept[i] as tf.Tensor[])[t] = value;
			});
		}
		return kept.map((values) => tf.stack(values)); // [T, B, U], [T, B, U], [T, B, 4U], [T, B, U]
	},

	backward: ([dHidden, dCell], inputs, outputs, { reverse }) => {
		const { hidden, cell, kernel, live } = inputs as unknown as LstmSequenceInputs;
		const [states, cells, gates, freshCells] = outputs as tf.Tensor3D[] as [
			tf.Tensor3D,
			tf.Tensor3D,
			tf.Tensor3D,
			tf.Tensor3D,
		];
		const [time, batch, units] = states.shape;
		const previous = previousStates(states, hidden, reverse); // [T, B, U]
		const previousCells = previousStates(cells, cell, reverse);
		const [input, forget, candidate, output] = tf.split(gates, 4, 2) as tf.Tensor3D[] as [
			tf.Tensor3D,
			tf.Tensor3D,
			tf.Tensor3D,
			tf.Tensor3D,
		];
		const squashed = tf.tanh(freshCells);
		const slope = (gate: tf.Tensor3D): tf.Tensor3D => tf.mul(gate, tf.sub(1, gate));

		// What the gradients of the cell and of the output are multiplied by; zero where a step does not count.
		const toCell = tf.unstack(tf.mul(live, tf.mul(output, tf.sub(1, tf.square(squashed))))); // T × [B, U]
		const toGates = tf.unstack(
			tf.stack(
				[
					tf.mul(candidate, slope(input)),
					tf.mul(previousCells, slope(forget)),
					tf.mul(input, tf.sub(1, tf.square(candidate))),
				],
				2,
			),
		); // T × [B, 3, U]
		const toOutput = tf.unstack(tf.mul(live, tf.mul(squashed, slope(output))));
		const [forgets, lives, pads] = [forget, live, tf.sub(1, live)].map((x) => tf.unstack(x));
		const [dHiddens, dCells] = [dHidden, dCell].map((x) => tf.unstack(x as tf.Tensor));

		const transposed = tf.transpose(kernel); // [4U, U]
		const dInputs: tf.Tensor[] = [];
		let carryHidden: tf.Tensor2D = tf.zerosLike(hidden);
		let carryCell: tf.Tensor2D = tf.zerosLike(cell);
		for (const t of stepsInOrder(time, !reverse)) {
			const dh = tf.add(dHiddens?.[t] as tf.Tensor2D, carryHidden); // [B, U]
			const dcAll = tf.add(dCells?.[t] as tf.Tensor2D, carryCell);
			const dc = tf.add(
				tf.mul(dcAll, lives?.[t] as tf.Tensor2D),
				tf.mul(dh, toCell[t] as tf.Tensor2D),
			) as tf.Tensor2D; // gradient of the fresh cell
			const spread = tf.mul(toGates[t] as tf.Tensor3D, tf.reshape(dc, [batch, 1, units])); // [B, 3, U]
			const dInput = tf.concat(
				[tf.reshape(spread, [batch, 3 * units]), tf.mul(dh, toOutput[t] as tf.Tensor2D)],
				1,
			) as tf.Tensor2D; // [B, 4U]
			const pad = pads?.[t] as tf.Tensor2D;
			carryHidden = tf.add(tf.mul(dh, pad), tf.matMul(dInput, transposed));
			carryCell = tf.add(tf.mul(dcAll, pad), tf.mul(dc, forgets?.[t] as tf.Tensor2D));
			dInputs[t] = dInput;
		}
		const dx = tf.stack(dInputs); // [T, B, 4U]
		return {
			x: dx,
			hidden: carryHidden,
			cell: carryCell,
			kernel: tf.matMul(asRows(previous), asRows(dx), true, false),
			live: tf.zerosLike(live),
		};
	},
};
