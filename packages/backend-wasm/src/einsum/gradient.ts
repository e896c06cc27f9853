import * as tf from "@tensorflow/tfjs-core";
import { contract, type Labelled } from "./contract.ts";
import { readEquation } from "./equation.ts";

/**
 * The gradient of `Einsum`, which the host has on no backend. For `out = einsum("A,B->O", a, b)`:
 *
 *     da = einsum("O,B->A", dy, b)      db = einsum("A,O->B", a, dy)
 *
 * An axis that only one operand has and that was summed away comes back by repetition. Built from differentiable ops,
 * so second derivatives exist.
 */
export const einsumGradient: tf.GradConfig = {
	kernelName: "Einsum",
	saveAllInputs: true,
	gradFunc(dy, saved, attrs) {
		if (Array.isArray(dy)) throw new Error("Einsum has one output.");
		const { operands, output } = readEquation(attrs.equation as string, saved);
		const upstream = { tensor: dy, labels: output };
		return Object.fromEntries(
			saved.map((tensor, i) => {
				const own = { tensor, labels: operands[i] ?? "" };
				const other = saved[1 - i];
				const rest =
					saved.length === 2 && other ? { tensor: other, labels: operands[1 - i] ?? "" } : undefined;
				return [`${i}`, () => operandGradient(own, upstream, rest)];
			}),
		);
	},
};

function operandGradient(own: Labelled, upstream: Labelled, rest: Labelled | undefined): tf.Tensor {
	const reached = [...own.labels].filter((label) => (upstream.labels + (rest?.labels ?? "")).includes(label));
	const gradient = contract(reached.join(""), upstream, rest);
	if (reached.length === own.labels.length) return gradient;
	const spread = [...own.labels].map((label, axis) =>
		reached.includes(label) ? (own.tensor.shape[axis] ?? 1) : 1,
	);
	return tf.broadcastTo(tf.reshape(gradient, spread), own.tensor.shape);
}
