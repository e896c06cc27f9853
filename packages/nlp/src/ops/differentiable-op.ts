import * as tf from "@tensorflow/tfjs-core";

/** A computation as one operation of the host: inputs by name, several outputs, and a gradient written by hand. */
export interface DifferentiableOp<Attributes extends tf.NamedAttrMap> {
	readonly kernelName: string;
	/** Computes the outputs; nothing in here is recorded for the gradient. */
	readonly forward: (inputs: Readonly<Record<string, tf.Tensor>>, attributes: Attributes) => tf.Tensor[];
	/** How many outputs `forward` returns. */
	readonly outputCount: number;
	/** The inputs that `backward` needs; of the outputs it gets all. */
	readonly inputsToSave: readonly string[];
	/** One gradient per input name, from the gradients of all outputs. Inputs that are constants need none. */
	readonly backward: (
		upstream: readonly tf.Tensor[],
		inputs: Readonly<Record<string, tf.Tensor>>,
		outputs: readonly tf.Tensor[],
		attributes: Attributes,
	) => Record<string, tf.Tensor>;
}

/**
 * Runs a {@link DifferentiableOp}. It is a registered kernel, not a `tf.customGrad`, because it must keep what is
 * neither input nor output of the caller for its gradient, which a custom gradient can only do by clones that the host's
 * leak check takes for leaks; and because a backend may register a fused kernel under the same name before the first use.
 *
 * Registered at the first use on a backend, so that importing the package has no effect of its own.
 */
export function runDifferentiableOp<Attributes extends tf.NamedAttrMap>(
	op: DifferentiableOp<Attributes>,
	inputs: Record<string, tf.Tensor>,
	attributes: Attributes,
): tf.Tensor[] {
	register(op, tf.getBackend());
	return tf.engine().runKernel(op.kernelName, inputs, { ...attributes }) as unknown as tf.Tensor[];
}

function register<Attributes extends tf.NamedAttrMap>(
	op: DifferentiableOp<Attributes>,
	backendName: string,
): void {
	const { kernelName, inputsToSave } = op;
	if (!tf.getKernel(kernelName, backendName)) {
		tf.registerKernel({
			kernelName,
			backendName,
			// Inside a kernel every input is a full tensor; the host's type speaks of the data only.
			kernelFunc: ({ inputs, attrs }) =>
				tf.tidy(() => op.forward(inputs as Record<string, tf.Tensor>, attrs as unknown as Attributes)),
		});
	}
	if (tf.getGradient(kernelName)) return;
	tf.registerGradient({
		kernelName,
		inputsToSave: [...inputsToSave],
		outputsToSave: Array.from({ length: op.outputCount }, () => true),
		gradFunc: (upstream, saved, attrs) => {
			const inputs = Object.fromEntries(inputsToSave.map((name, i) => [name, saved[i] as tf.Tensor]));
			const outputs = saved.slice(inputsToSave.length);
			const dys = Array.isArray(upstream) ? upstream : [upstream]; // the host sends a bare tensor for a single output
			// Here and not in the functions below: each of those has a tidy of its own, which would dispose what the others need.
			const gradients = tf.tidy(() => op.backward(dys, inputs, outputs, attrs as unknown as Attributes));
			return Object.fromEntries(Object.entries(gradients).map(([name, value]) => [name, () => value]));
		},
	});
}
