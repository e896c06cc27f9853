import * as tf from "@tensorflow/tfjs-core";
import { ensureGradient, ensureKernel } from "./fused-kernels.ts";

/** A computation as one operation of the host: inputs by name, several outputs, and a gradient written by hand. */
export interface DifferentiableOp<Attributes extends tf.NamedAttrMap> {
	/** The forward kernel; the backward one has `Grad` behind it. */
	readonly kernelName: string;
	/** Computes the outputs; nothing in here is recorded for the gradient. */
	readonly forward: (inputs: Readonly<Record<string, tf.Tensor>>, attributes: Attributes) => tf.Tensor[];
	/** How many outputs `forward` returns. */
	readonly outputCount: number;
	/** The inputs that `backward` needs; of the outputs it gets all. */
	readonly inputsToSave: readonly string[];
	/** The inputs that have a gradient; the others are constants. */
	readonly gradients: readonly string[];
	/** One gradient for each of {@link DifferentiableOp.gradients}, from the gradients of all outputs. */
	readonly backward: (
		upstream: readonly tf.Tensor[],
		inputs: Readonly<Record<string, tf.Tensor>>,
		outputs: readonly tf.Tensor[],
		attributes: Attributes,
	) => Record<string, tf.Tensor>;
}

/**
 * Runs a {@link DifferentiableOp}. Its two directions are registered kernels, not a `tf.customGrad`, because it must keep
 * what is neither input nor output of the caller for its gradient, which a custom gradient can only do by clones that the
 * host's leak check takes for leaks; and because a backend may put kernels of its own in their place.
 *
 * The backward kernel takes the gradients of the outputs as `upstream0`, `upstream1`, …, the saved inputs by their names and
 * the outputs as `output0`, …, and returns the gradients in the order of `gradients`.
 *
 * Registered at the first use on a backend, so that importing the package has no effect of its own.
 */
export function runDifferentiableOp<Attributes extends tf.NamedAttrMap>(
	op: DifferentiableOp<Attributes>,
	inputs: Record<string, tf.Tensor>,
	attributes: Attributes,
): tf.Tensor[] {
	register(op as unknown as DifferentiableOp<tf.NamedAttrMap>);
	return tf.engine().runKernel(op.kernelName, inputs, { ...attributes }) as unknown as tf.Tensor[];
}

/** Inside a kernel every input is a full tensor; the host's type speaks of the data only. */
type Tensors = Record<string, tf.Tensor>;

function register(op: DifferentiableOp<tf.NamedAttrMap>): void {
	const { kernelName, inputsToSave, gradients, outputCount } = op;
	const gradName = `${kernelName}Grad`;
	ensureKernel(kernelName, ({ inputs, attrs = {} }) => tf.tidy(() => op.forward(inputs as Tensors, attrs)));
	ensureKernel(gradName, ({ inputs, attrs = {} }) =>
		tf.tidy(() => {
			const tensors = inputs as Tensors;
			const each = (name: string): tf.Tensor[] =>
				Array.from({ length: outputCount }, (_, i) => tensors[`${name}${i}`] as tf.Tensor);
			const found = op.backward(each("upstream"), tensors, each("output"), attrs);
			return gradients.map((name) => found[name] as tf.Tensor);
		}),
	);
	ensureGradient({
		kernelName,
		inputsToSave: [...inputsToSave],
		outputsToSave: Array.from({ length: outputCount }, () => true),
		gradFunc: (upstream, saved, attrs) => {
			const numbered = (name: string, tensors: tf.Tensor[]): [string, tf.Tensor][] =>
				tensors.map((tensor, i) => [`${name}${i}`, tensor]);
			const inputs = Object.fromEntries([
				...inputsToSave.map((name, i) => [name, saved[i] as tf.Tensor] as const),
				...numbered("upstream", [upstream].flat()), // the host sends a bare tensor for a single output
				...numbered("output", saved.slice(inputsToSave.length)),
			]);
			// Here and not in the functions below: each of those has a tidy of its own, which would dispose what the others need.
			const found = tf.engine().runKernel(gradName, inputs, attrs) as unknown as tf.Tensor[];
			return Object.fromEntries(gradients.map((name, i) => [name, () => found[i] as tf.Tensor]));
		},
	});
}
