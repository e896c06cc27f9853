import { type DifferentiableOp, runDifferentiableOp } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * A recurrence without products, each number on its own:
 *
 *     c_t = gate_t ∘ c_{t−1} + input_t
 *
 * One op with its gradient, so that the tape does not hold every step. Where the gate is 1 and the input 0 the state stays
 * exactly as it was.
 *
 * T: time, B: batch, U: units.
 *
 * @param gate `[T, B, U]` or, the same for all units, `[T, B, 1]`.
 * @param input `[T, B, U]`.
 * @param initial `[B, U]`.
 * @param reverse Go from the last step to the first.
 * @returns The state after each step, `[T, B, U]`.
 */
export function linearRecurrence(
	gate: tf.Tensor3D,
	input: tf.Tensor3D,
	initial: tf.Tensor2D,
	reverse: boolean,
): tf.Tensor3D {
	return runDifferentiableOp(recurrenceOp, { gate, input, initial }, { reverse })[0] as tf.Tensor3D;
}

const recurrenceOp: DifferentiableOp<{ readonly reverse: boolean }> = {
	kernelName: "HeedLinearRecurrence",
	inputsToSave: ["gate", "initial"],
	gradients: ["gate", "input", "initial"],
	outputCount: 1,

	forward: (inputs, { reverse }) => {
		const { gate, input, initial } = inputs as Inputs;
		const [gates, steps] = [tf.unstack(gate), tf.unstack(input)];
		const states: tf.Tensor[] = [];
		let state: tf.Tensor = initial;
		for (const t of inOrder(steps.length, reverse)) {
			state = tf.add(tf.mul(gates[t] as tf.Tensor, state), steps[t] as tf.Tensor); // [B, U]
			states[t] = state;
		}
		return [tf.stack(states)];
	},

	backward: ([upstream], inputs, [states], { reverse }) => {
		const { gate, initial } = inputs as Pick<Inputs, "gate" | "initial">;
		const [gates, upstreams, after] = [gate, upstream as tf.Tensor, states as tf.Tensor].map((x) =>
			tf.unstack(x),
		) as [tf.Tensor[], tf.Tensor[], tf.Tensor[]];
		const [dStates, before]: [tf.Tensor[], tf.Tensor[]] = [[], []];
		let carry: tf.Tensor = tf.zerosLike(initial);
		const step = reverse ? -1 : 1;
		for (const t of inOrder(gates.length, !reverse)) {
			const dState = tf.add(upstreams[t] as tf.Tensor, carry); // [B, U]
			carry = tf.mul(gates[t] as tf.Tensor, dState);
			dStates[t] = dState;
			before[t] = after[t - step] ?? initial;
		}
		const dInput = tf.stack(dStates); // [T, B, U]
		const dGate = tf.mul(dInput, tf.stack(before));
		const isShared = gate.shape[2] !== initial.shape[1];
		return { gate: isShared ? tf.sum(dGate, 2, true) : dGate, input: dInput, initial: carry };
	},
};

const inOrder = (count: number, reverse: boolean): number[] =>
	Array.from({ length: count }, (_, step) => (reverse ? count - 1 - step : step));

type Inputs = { gate: tf.Tensor3D; input: tf.Tensor3D; initial: tf.Tensor2D };
