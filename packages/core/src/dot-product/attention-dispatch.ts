import * as tf from "@tensorflow/tfjs-core";
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
import { reportAttentionPath } from "./attention-path.ts";
import { blockedBackward } from "./blocked-backward.ts";
import { blockedForward } from "./blocked-forward.ts";

/** The attention kernels of a backend package. */
export interface FusedAttention {
	/** The tfjs backend that they run on, for instance `wasm`. */
	readonly backendName: string;
	/** Why these inputs must go to the composition instead, or nothing when the kernels can do them. */
	unsupported(inputs: AttentionInputs, attributes: AttentionAttributes): string | undefined;
	/** `[B, H, Tq, Dv]` and `[B, H, Tq]`; the logSumExp of a dead row is -Infinity. */
	forward(
		inputs: AttentionInputs,
		attributes: AttentionAttributes,
		backend: tf.KernelBackend,
	): [output: tf.TensorInfo, logSumExp: tf.TensorInfo];
	/** `[query, key, value]` gradients, then that of the bias and that of the sinks where the input is there. */
	backward(
		inputs: AttentionGradInputs,
		attributes: AttentionAttributes,
		backend: tf.KernelBackend,
	): tf.TensorInfo[];
}

const fusedAttentions = new Map<string, FusedAttention>();

/** Puts fused attention on a backend. What it does not support goes to the composition, and listeners are told. */
export function registerFusedAttention(fused: FusedAttention): void {
	fusedAttentions.set(fused.backendName, fused);
}

/** Takes fused attention off a backend again. */
export function unregisterFusedAttention(backendName: string): void {
	fusedAttentions.delete(backendName);
}

/** Why the fused kernels of the current backend cannot do this, or nothing when they can. */
export function fusedUnsupported(
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
): string | undefined {
	const fused = fusedAttentions.get(tf.getBackend());
	if (fused === undefined) return `no fused attention is registered for the backend '${tf.getBackend()}'`;
	return fused.unsupported(inputs, attributes);
}

/** Runs the forward kernel on the current backend; differentiable in query, key, value, bias and sinks. */
export function runAttention(
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
): [output: tf.Tensor4D, logSumExp: tf.Tensor3D] {
	ensureKernels(tf.getBackend());
	const results = tf.engine().runKernel(SCALED_DOT_PRODUCT_ATTENTION, ...packInputs(inputs, attributes));
	return results as unknown as [tf.Tensor4D, tf.Tensor3D];
}

/**
 * Registers both kernels for a backend and the gradient for all, the first time that they are needed: importing this
 * package has no side effect.
 */
function ensureKernels(backendName: string): void {
	if (tf.getKernel(SCALED_DOT_PRODUCT_ATTENTION, backendName) === undefined) {
		tf.registerKernel({ kernelName: SCALED_DOT_PRODUCT_ATTENTION, backendName, kernelFunc: forwardKernel });
		tf.registerKernel({ kernelName: SCALED_DOT_PRODUCT_ATTENTION_GRAD, backendName, kernelFunc: gradKernel });
	}
	if (tf.getGradient(SCALED_DOT_PRODUCT_ATTENTION) === undefined) tf.registerGradient(attentionGradient);
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

/** The fused kernels when they can and may run; tells the listeners either way. */
function choosePath(
	kernel: string,
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
): FusedAttention | undefined {
	const backend = tf.getBackend();
	const reason = attributes.blocked ? "the blocked path was asked for" : fusedUnsupported(inputs, attributes);
	const path = reason === undefined ? "fused" : "blocked";
	reportAttentionPath({ kernel, backend, path, ...(reason === undefined ? {} : { reason }) });
	return reason === undefined ? fusedAttentions.get(backend) : undefined;
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
