import * as tf from "@tensorflow/tfjs-core";
import { type DifferentiableOp, runDifferentiableOp } from "../ops/differentiable-op.ts";
import { asRows, previousStates, stepsInOrder } from "./recurrent-steps.ts";

/** The tensors of {@link lstmSequence}. */
export interface LstmSequenceInputs {
	/** The projected inputs with their bias, gates in the order i, f, g, o, `[T, B, 4U]`. */
	readonly x: tf.Tensor3D;
	/** `[B, U]`. */
	readonly hidden: tf.Tensor2D;
	/** `[B, U]`. */
	readonly cell: tf.Tensor2D;
	/** R, `[U, 4U]`. */
	readonly kernel: tf.Tensor2D;
	/** 1 for a step that counts, 0 for padding, `[T, B, 1]`. */
	readonly live: tf.Tensor3D;
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
 * @param reverse Go from the last step to the first.
 * @returns `[h, c]` after each step, each `[T, B, U]`.
 */
export function lstmSequence(inputs: LstmSequenceInputs, reverse = false): [tf.Tensor3D, tf.Tensor3D] {
	const [hidden, cell] = runDifferentiableOp(lstmOp, { ...inputs }, { reverse });
	return [hidden as tf.Tensor3D, cell as tf.Tensor3D];
}

const lstmOp: DifferentiableOp<{ readonly reverse: boolean }> = {
	kernelName: "HeedLstmSequence",
	inputsToSave: ["hidden", "cell", "kernel", "live"],
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
