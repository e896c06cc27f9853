import * as tf from "@tensorflow/tfjs-core";
import { type DifferentiableOp, runDifferentiableOp } from "../kernel/differentiable-op.ts";
import { checkSequence, type RecurrentSequenceOptions } from "./check-sequence.ts";
import { asRows, previousStates, stepsInOrder } from "./recurrent-steps.ts";

/**
 * All steps of a GRU that resets before the recurrent product (the paper, TensorFlow.js, ONNX by default), with its
 * gradient:
 *
 *     z, r = sigmoid(x_zr + h·R_zr)
 *     n    = tanh(x_n + (r ∘ h)·R_n)
 *     h'   = h + (1 − z) ∘ (n − h)
 *
 * T: time, B: batch, U: units.
 *
 * Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", https://arxiv.org/abs/1406.1078
 *
 * @param x The projected inputs with their bias, gates in the order z, r, n, `[T, B, 3U]`.
 * @param initial `[B, U]`.
 * @param kernel R, `[U, 3U]`.
 * @returns The state after each step, `[T, B, U]`.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
 */
export function gruResetBeforeSequence(
	x: tf.Tensor3D,
	initial: tf.Tensor2D,
	kernel: tf.Tensor2D,
	options: RecurrentSequenceOptions = {},
): tf.Tensor3D {
	checkSequence("gruResetBeforeSequence", 3, x, { initial }, kernel, options);
	const { reverse = false } = options;
	return tf.tidy(
		() => runDifferentiableOp(gruResetBeforeOp, { x, initial, kernel }, { reverse })[0] as tf.Tensor3D,
	);
}

const gruResetBeforeOp: DifferentiableOp<{ readonly reverse: boolean }> = {
	kernelName: "HeedGruResetBeforeSequence",
	inputsToSave: ["initial", "kernel"],
	gradients: ["x", "initial", "kernel"],
	outputCount: 4,

	forward: (inputs, { reverse }) => {
		const { x, initial, kernel } = inputs as { x: tf.Tensor3D; initial: tf.Tensor2D; kernel: tf.Tensor2D };
		const units = initial.shape[1];
		const sizes = [2 * units, units];
		const [xGates, xCandidate] = tf.split(x, sizes, 2).map((part) => tf.unstack(part));
		const [gateKernel, candidateKernel] = tf.split(kernel, sizes, 1) as [tf.Tensor2D, tf.Tensor2D];
		const kept: tf.Tensor[][] = [[], [], [], []];
		const one = tf.scalar(1);
		let hidden: tf.Tensor2D = initial;
		for (const t of stepsInOrder(x.shape[0], reverse)) {
			const gates = tf.sigmoid(tf.add(xGates?.[t] as tf.Tensor2D, tf.matMul(hidden, gateKernel))); // [B, 2U]
			const [update, reset] = tf.split(gates, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
			const product = tf.matMul(tf.mul(reset, hidden), candidateKernel); // [B, U]
			const candidate = tf.tanh(tf.add(xCandidate?.[t] as tf.Tensor2D, product)); // [B, U]
			hidden = tf.add(hidden, tf.mul(tf.sub(one, update), tf.sub(candidate, hidden))); // [B, U]
			[hidden, update, reset, candidate].forEach((value, i) => {
				(kept[i] as tf.Tensor[])[t] = value;
			});
		}
		return kept.map((values) => tf.stack(values)); // 4 × [T, B, U]
	},

	backward: ([upstream], inputs, outputs, { reverse }) => {
		const { initial, kernel } = inputs as { initial: tf.Tensor2D; kernel: tf.Tensor2D };
		const [states, update, reset, candidate] = outputs as tf.Tensor3D[] as [
			tf.Tensor3D,
			tf.Tensor3D,
			tf.Tensor3D,
			tf.Tensor3D,
		];
		const [time, , units] = states.shape;
		const previous = previousStates(states, initial, reverse); // [T, B, U]
		const renewal = tf.sub(1, update);
		const toUpdate = tf.unstack(tf.mul(tf.mul(tf.sub(previous, candidate), update), renewal)); // T × [B, U]
		const toCandidate = tf.unstack(tf.mul(renewal, tf.sub(1, tf.square(candidate))));
		const toReset = tf.unstack(tf.mul(previous, tf.mul(reset, tf.sub(1, reset))));
		const [updates, resets] = [tf.unstack(update), tf.unstack(reset)];
		const upstreams = tf.unstack(upstream as tf.Tensor);

		const [gateKernel, candidateKernel] = tf
			.split(kernel, [2 * units, units], 1)
			.map((part) => tf.transpose(part)) as [tf.Tensor2D, tf.Tensor2D];
		const dInputs: tf.Tensor[] = [];
		let carry: tf.Tensor2D = tf.zerosLike(initial);
		for (const t of stepsInOrder(time, !reverse)) {
			const dState = tf.add(upstreams[t] as tf.Tensor2D, carry); // [B, U]
			const dUpdate = tf.mul(dState, toUpdate[t] as tf.Tensor2D);
			const dCandidate = tf.mul(dState, toCandidate[t] as tf.Tensor2D);
			const dReset = tf.matMul(dCandidate, candidateKernel); // gradient of r ∘ h
			const dGates = tf.concat([dUpdate, tf.mul(dReset, toReset[t] as tf.Tensor2D)], 1) as tf.Tensor2D; // [B, 2U]
			const kept = tf.add(
				tf.mul(updates[t] as tf.Tensor2D, dState),
				tf.mul(dReset, resets[t] as tf.Tensor2D),
			);
			carry = tf.add(kept, tf.matMul(dGates, gateKernel));
			dInputs[t] = tf.concat([dGates, dCandidate], 1);
		}
		const dx = tf.stack(dInputs); // [T, B, 3U]
		const [dGates, dCandidate] = tf.split(asRows(dx), [2 * units, units], 1) as [tf.Tensor2D, tf.Tensor2D];
		const dGateKernel = tf.matMul(asRows(previous), dGates, true, false);
		const dCandidateKernel = tf.matMul(asRows(tf.mul(reset, previous)), dCandidate, true, false);
		return { x: dx, initial: carry, kernel: tf.concat([dGateKernel, dCandidateKernel], 1) };
	},
};
