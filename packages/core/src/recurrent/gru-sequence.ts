import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkShape } from "../checks.ts";
import { type DifferentiableOp, runDifferentiableOp } from "../kernel/differentiable-op.ts";
import { checkSequence, type RecurrentSequenceOptions } from "./check-sequence.ts";
import { asRows, previousStates, stepsInOrder } from "./recurrent-steps.ts";

/**
 * All steps of a GRU that resets after the recurrent product (PyTorch, Keras `reset_after`), with its gradient:
 *
 *     z, r = sigmoid(x_zr + h·R_zr + b_zr)
 *     n    = tanh(x_n + r ∘ (h·R_n + b_n))
 *     h'   = h + (1 − z) ∘ (n − h)
 *
 * In the backward pass, what does not depend on the incoming gradient is computed for all steps at once, and the
 * gradient of R is one product at the end. That is a fraction of the operations that a tape would need.
 *
 * T: time, B: batch, U: units.
 *
 * Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", https://arxiv.org/abs/1406.1078
 *
 * @param x The projected inputs with their bias, gates in the order z, r, n, `[T, B, 3U]`.
 * @param initial `[B, U]`.
 * @param kernel R, `[U, 3U]`.
 * @param bias b, `[3U]`.
 * @returns The state after each step, `[T, B, U]`.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
 */
export function gruSequence(
	x: tf.Tensor3D,
	initial: tf.Tensor2D,
	kernel: tf.Tensor2D,
	bias: tf.Tensor1D,
	options: RecurrentSequenceOptions = {},
): tf.Tensor3D {
	const where = "gruSequence";
	checkSequence(where, 3, x, { initial }, kernel, options);
	checkShape(where, "bias", bias, ["3·units"], [kernel.shape[1]], "the kernel");
	checkDtype(where, "bias", bias, "float32");
	const { reverse = false } = options;
	return tf.tidy(
		() => runDifferentiableOp(gruOp, { x, initial, kernel, bias }, { reverse })[0] as tf.Tensor3D,
	);
}

/**
 * Name of the forward kernel of {@link gruSequence}: inputs by their names, attribute `reverse` → the state, z, r, n and
 * `h·R_n + b_n` of every step, each `[T, B, U]`. The backward kernel is that of a `DifferentiableOp`.
 */
export const GRU_SEQUENCE = "HeedGruSequence";

const gruOp: DifferentiableOp<{ readonly reverse: boolean }> = {
	kernelName: GRU_SEQUENCE,
	inputsToSave: ["initial", "kernel"],
	gradients: ["x", "initial", "kernel", "bias"],
	outputCount: 5,

	forward: (inputs, { reverse }) => {
		const { x, initial, kernel, bias } = inputs as Inputs;
		const units = initial.shape[1];
		const sizes = [2 * units, units];
		const xs = tf.unstack(x);
		const kept: tf.Tensor[][] = [[], [], [], [], []];
		const one = tf.scalar(1);
		let hidden: tf.Tensor2D = initial;
		for (const t of stepsInOrder(x.shape[0], reverse)) {
			const [xGates, xCandidate] = tf.split(xs[t] as tf.Tensor2D, sizes, 1) as [tf.Tensor2D, tf.Tensor2D];
			const product = tf.fused.matMul({ a: hidden, b: kernel, bias }); // [B, 3U]
			const [hGates, hCandidate] = tf.split(product, sizes, 1) as [tf.Tensor2D, tf.Tensor2D];
			const gates = tf.sigmoid(tf.add(xGates, hGates)); // [B, 2U]
			const [update, reset] = tf.split(gates, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
			const candidate = tf.tanh(tf.add(xCandidate, tf.mul(reset, hCandidate))); // [B, U]
			// In this form an update gate of exactly 1 leaves the state exactly as it was.
			hidden = tf.add(hidden, tf.mul(tf.sub(one, update), tf.sub(candidate, hidden))); // [B, U]
			[hidden, update, reset, candidate, hCandidate].forEach((value, i) => {
				(kept[i] as tf.Tensor[])[t] = value;
			});
		}
		return kept.map((values) => tf.stack(values)); // 5 × [T, B, U]
	},

	backward: ([upstream], inputs, outputs, { reverse }) => {
		const { initial, kernel } = inputs as Pick<Inputs, "initial" | "kernel">;
		const [states, update, reset, candidate, hCandidate] = outputs as Gates;
		const [time, batch, units] = states.shape;
		const previous = previousStates(states, initial, reverse); // [T, B, U]

		// What the gradient of the state is multiplied by to give that of each pre-activation.
		const renewal = tf.sub(1, update);
		const toUpdate = tf.mul(tf.mul(tf.sub(previous, candidate), update), renewal); // [T, B, U]
		const toCandidate = tf.mul(renewal, tf.sub(1, tf.square(candidate)));
		const toReset = tf.mul(tf.mul(toCandidate, hCandidate), tf.mul(reset, tf.sub(1, reset)));
		const factors = tf.unstack(tf.stack([toUpdate, toReset, tf.mul(toCandidate, reset)], 2)); // T × [B, 3, U]
		const updates = tf.unstack(update);
		const upstreams = tf.unstack(upstream as tf.Tensor);

		const transposed = tf.transpose(kernel); // [3U, U]
		const dStates: tf.Tensor[] = [];
		const dProducts: tf.Tensor2D[] = [];
		let carry: tf.Tensor2D = tf.zerosLike(initial);
		for (const t of stepsInOrder(time, !reverse)) {
			const dState = tf.add(upstreams[t] as tf.Tensor2D, carry); // [B, U]
			const spread = tf.mul(factors[t] as tf.Tensor3D, tf.reshape(dState, [batch, 1, units])); // [B, 3, U]
			const dProduct = tf.reshape(spread, [batch, 3 * units]) as tf.Tensor2D;
			carry = tf.add(tf.mul(updates[t] as tf.Tensor2D, dState), tf.matMul(dProduct, transposed));
			dStates[t] = dState;
			dProducts[t] = dProduct;
		}
		const dProduct = tf.stack(dProducts); // [T, B, 3U]
		const dCandidate = tf.mul(tf.stack(dStates), toCandidate); // [T, B, U]
		const dGates = tf.slice(dProduct, [0, 0, 0], [time, batch, 2 * units]);
		return {
			x: tf.concat([dGates, dCandidate], 2),
			initial: carry,
			kernel: tf.matMul(asRows(previous), asRows(dProduct), true, false),
			bias: tf.sum(asRows(dProduct), 0),
		};
	},
};

type Inputs = { x: tf.Tensor3D; initial: tf.Tensor2D; kernel: tf.Tensor2D; bias: tf.Tensor1D };
type Gates = [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
