import * as tf from "@tensorflow/tfjs-core";
import {
	ensureGradient,
	ensureKernel,
	type FusedKernels,
	fusedRegistry,
	type InputShapes,
} from "../kernel/fused-kernels.ts";
import {
	type AttentionAttributes,
	type AttentionGradInputs,
	type AttentionGrads,
	type AttentionInputs,
	inputNames,
	packInputs,
	SCALED_DOT_PRODUCT_ATTENTION,
	SCALED_DOT_PRODUCT_ATTENTION_GRAD,
	unpackInputs,
} from "./attention-kernel.ts";
import { blockedBackward } from "./blocked-backward.ts";
import { blockedForward } from "./blocked-forward.ts";

/**
 * The attention kernels of a backend package. `forward` returns `[output [B, H, Tq, Dv], logSumExp [B, H, Tq]]`, with
 * -Infinity for a dead row; `backward` the gradients of query, key and value, then those of bias and sinks where the
 * input is there.
 */
export type FusedAttention = FusedKernels<AttentionInputs, AttentionGradInputs, AttentionAttributes>;

const registry = fusedRegistry<AttentionInputs, AttentionGradInputs, AttentionAttributes>("attention");

/** Puts fused attention on a backend. What it does not support goes to the composition, and listeners are told. */
export function registerFusedAttention(fused: FusedAttention): void {
	registry.register(fused);
}

/** Takes fused attention off a backend again. */
export function unregisterFusedAttention(backendName: string): void {
	registry.unregister(backendName);
}

/** Why the fused kernels of the current backend cannot do this, or nothing when they can. */
export function fusedUnsupported(shapes: InputShapes, attributes: AttentionAttributes): string | undefined {
	return registry.unsupported(shapes, attributes);
}

/** Runs the forward kernel on the current backend; differentiable in query, key, value, bias and sinks. */
export function runAttention(
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
): [output: tf.Tensor4D, logSumExp: tf.Tensor3D] {
	ensureKernel(SCALED_DOT_PRODUCT_ATTENTION, forwardKernel);
	ensureKernel(SCALED_DOT_PRODUCT_ATTENTION_GRAD, gradKernel);
	ensureGradient(attentionGradient);
	const results = tf.engine().runKernel(SCALED_DOT_PRODUCT_ATTENTION, ...packInputs(inputs, attributes));
	return results as unknown as [tf.Tensor4D, tf.Tensor3D];
}

type KernelArguments = Parameters<tf.KernelFunc>[0];

const forwardKernel: tf.KernelFunc = ({ inputs, attrs, backend }: KernelArguments) => {
	const [tensors, attributes] = unpackInputs<AttentionInputs>(inputs, attrs);
	const fused = choosePath(SCALED_DOT_PRODUCT_ATTENTION, tensors, attributes);
	if (fused === undefined) return blockedForward(tensors, attributes);
	return fused.forward(tensors, attributes, backend as tf.KernelBackend);
};

const gradKernel: tf.KernelFunc = ({ inputs, attrs, backend }: KernelArguments) => {
	const [tensors, attributes] = unpackInputs<AttentionGradInputs>(inputs, attrs);
	const fused = choosePath(SCALED_DOT_PRODUCT_ATTENTION_GRAD, tensors, attributes);
	if (fused !== undefined) return fused.backward(tensors, attributes, backend as tf.KernelBackend);
	const { query, key, value, bias, sinks }: AttentionGrads = blockedBackward(tensors, attributes);
	return [query, key, value, bias, sinks].filter((grad) => grad !== undefined);
};

function choosePath(
	kernel: string,
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
): FusedAttention | undefined {
	const forced = attributes.blocked ? "the blocked path was asked for" : undefined;
	const tensors = inputs as unknown as tf.NamedTensorInfoMap;
	return registry.choose(kernel, tensors, attributes, { path: "blocked", forced });
}

const attentionGradient: tf.GradConfig = {
	kernelName: SCALED_DOT_PRODUCT_ATTENTION,
	inputsToSave: [...inputNames],
	outputsToSave: [true, true],
	gradFunc: (dy, saved, attrs) => {
		const [outputGrad, logSumExpGrad] = dy as tf.Tensor[];
		const [output, logSumExp] = saved.slice(inputNames.length);
		const names = [...inputNames, "output", "logSumExp", "outputGrad", "logSumExpGrad"];
		const tensors = [...saved.slice(0, inputNames.length), output, logSumExp, outputGrad, logSumExpGrad];
		const inputs = Object.fromEntries(names.map((name, i) => [name, tensors[i]])) as tf.NamedTensorMap;
		// All gradients come from one kernel, run here and not in the thunks: each thunk has a tidy of its own, which
		// would free the results that the next one needs.
		const grads = tf
			.engine()
			.runKernel(
				SCALED_DOT_PRODUCT_ATTENTION_GRAD,
				inputs,
				attrs as tf.NamedAttrMap,
			) as unknown as tf.Tensor[];
		const { present } = attrs as unknown as { present: readonly string[] };
		const differentiable = [
			"query",
			"key",
			"value",
			...["bias", "sinks"].filter((name) => present.includes(name)),
		];
		return Object.fromEntries(
			inputNames.map((name, i) => {
				const grad = grads[differentiable.indexOf(name)];
				return [name, () => grad ?? tf.zeros((saved[i] as tf.Tensor).shape)];
			}),
		);
	},
};
