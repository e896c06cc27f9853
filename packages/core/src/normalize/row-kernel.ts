import * as tf from "@tensorflow/tfjs-core";
import { ensureGradient, ensureKernel } from "../kernel/fused-kernels.ts";

/** A function of rows (the last axis), with a derivative that is written in terms of its own result. */
export interface RowKernel {
	/** Computes the result; nothing in here is recorded for the gradient, so any op may be used. */
	readonly forward: (x: tf.Tensor) => tf.Tensor;
	/** The gradient of `x` from the result and the upstream gradient. */
	readonly backward: (y: tf.Tensor, upstream: tf.Tensor) => tf.Tensor;
}

/** A {@link RowKernel} with one trainable parameter beside the rows. */
export interface ParametricRowKernel {
	readonly forward: (x: tf.Tensor, parameter: tf.Tensor) => tf.Tensor;
	readonly backward: (y: tf.Tensor, upstream: tf.Tensor, parameter: tf.Tensor) => tf.Tensor;
	/** The gradient of the parameter, in the parameter's shape. */
	readonly backwardParameter: (y: tf.Tensor, upstream: tf.Tensor, parameter: tf.Tensor) => tf.Tensor;
}

const plainName = "HeedRowKernel";
const parametricName = "HeedParametricRowKernel";

/**
 * Runs a {@link RowKernel} as one op that keeps only its result for the gradient.
 *
 * Why not `tf.customGrad`: what it saves is cloned in the middle of the forward pass, and on the wasm backend a clone is
 * a copy, which the host's own leak check (`IS_TEST`) reports. What a kernel saves is cloned after that check.
 */
export function runRowKernel(kernel: RowKernel, x: tf.Tensor): tf.Tensor {
	registerOnce(plainName, {
		kernelName: plainName,
		outputsToSave: [true],
		gradFunc: (upstream, [y], attributes) => {
			const { backward } = attributes as unknown as RowKernel;
			return { x: () => backward(y as tf.Tensor, upstream as tf.Tensor) };
		},
	});
	return tf.engine().runKernel(plainName, { x }, kernel as unknown as tf.NamedAttrMap);
}

/** Runs a {@link ParametricRowKernel} as one op that keeps only its result and its parameter. */
export function runParametricRowKernel(
	kernel: ParametricRowKernel,
	x: tf.Tensor,
	parameter: tf.Tensor,
): tf.Tensor {
	registerOnce(parametricName, {
		kernelName: parametricName,
		inputsToSave: ["parameter"],
		outputsToSave: [true],
		gradFunc: (upstream, [parameter, y], attributes) => {
			const { backward, backwardParameter } = attributes as unknown as ParametricRowKernel;
			const saved = [y as tf.Tensor, upstream as tf.Tensor, parameter as tf.Tensor] as const;
			return { x: () => backward(...saved), parameter: () => backwardParameter(...saved) };
		},
	});
	const attributes = kernel as unknown as tf.NamedAttrMap;
	return tf.engine().runKernel(parametricName, { x, parameter }, attributes);
}

/**
 * Registers the op for the active backend and its gradient, if they are not yet. Doing so at the first use, rather than
 * on import, covers backends that are registered later and keeps the package free of side effects. The attributes of the
 * op carry its functions: the host hands them through untouched, though its types know data only (hence the casts).
 */
function registerOnce(kernelName: string, gradient: tf.GradConfig): void {
	ensureKernel(kernelName, ({ inputs, attrs }) => {
		const { forward } = attrs as unknown as RowKernel | ParametricRowKernel;
		// Inside a kernel every input is a full tensor; its type speaks of the data only.
		const { x, parameter } = inputs as Record<string, tf.Tensor>;
		return tf.tidy(() => forward(x as tf.Tensor, parameter as tf.Tensor));
	});
	ensureGradient(gradient);
}
