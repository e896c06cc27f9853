import "@tensorflow/tfjs-backend-wasm"; // the kernels that ours stand in for must be there first
import * as tf from "@tensorflow/tfjs-core";
import { einsumGradient } from "./einsum/gradient.ts";
import { type HostMemory, hostMemory } from "./host-memory.ts";
import { batchMatMul } from "./kernels/batch-mat-mul.ts";
import { conv2DBackpropFilter } from "./kernels/conv2d-backprop-filter.ts";
import { depthwiseBackpropFilter } from "./kernels/depthwise-backprop-filter.ts";
import { depthwiseBackpropInput } from "./kernels/depthwise-backprop-input.ts";
import { einsum } from "./kernels/einsum.ts";
import { fusedMatMul } from "./kernels/fused-mat-mul.ts";
import { gather } from "./kernels/gather.ts";
import { identity } from "./kernels/identity.ts";
import { maxPoolGrad } from "./kernels/max-pool-grad.ts";
import { slice } from "./kernels/slice.ts";
import { split } from "./kernels/split.ts";
import { tanh } from "./kernels/tanh.ts";
import { unpack } from "./kernels/unpack.ts";
import { unsortedSegmentSum } from "./kernels/unsorted-segment-sum.ts";
import { registeredKernels } from "./registered-kernels.ts";
import { kernelFunction, type WasmKernel } from "./wasm-kernel.ts";

const backendName = "wasm";

const kernels: readonly WasmKernel[] = [
	// what the host lacks
	unsortedSegmentSum,
	conv2DBackpropFilter,
	depthwiseBackpropFilter,
	depthwiseBackpropInput,
	einsum,
	// what the host gets wrong
	maxPoolGrad,
	// what the host does slowly
	batchMatMul,
	fusedMatMul,
	identity,
	slice,
	split,
	unpack,
	gather,
	tanh,
];

const registered = registeredKernels();

/**
 * Puts the kernels of this package on the wasm backend of TensorFlow.js, and a gradient for `tf.einsum` on every
 * backend. Importing the package calls it; call it again after {@link restoreStockKernels}. The other backends keep
 * their kernels.
 *
 * @returns The names that are active now, as {@link activeKernels} does: none when the host is not built as expected.
 */
export function useFastKernels(): readonly string[] {
	const started = tf.engine().registry[backendName];
	if (started !== undefined && hostMemory(started) === undefined) {
		warnOnce();
		return activeKernels();
	}
	for (const kernel of kernels) {
		const name = kernel.kernelName;
		if (registered.active.has(name)) continue;
		const replaced = tf.getKernel(name, backendName) as tf.KernelConfig | undefined;
		if (replaced !== undefined && !registered.stock.has(name))
			registered.stock.set(name, replaced.kernelFunc);
		const ours: tf.KernelConfig = {
			...replaced, // with its setup function, which the host calls when the backend starts
			kernelName: name,
			backendName,
			kernelFunc: kernelFunction(kernel, registered.stock.get(name), openMemory, hostKernel),
		};
		replaceKernel(name, ours);
		registered.active.set(name, { ours, replaced });
	}
	if (tf.getGradient(einsumGradient.kernelName) === undefined) {
		tf.registerGradient(einsumGradient);
		registered.gradientIsOurs = true;
	}
	return activeKernels();
}

/** Puts the host's own kernels back and takes away those that it does not have. */
export function restoreStockKernels(): void {
	for (const [name, { ours, replaced }] of registered.active) {
		// Somebody else's kernel that has taken the place since is not ours to remove.
		if (tf.getKernel(name, backendName) === ours) replaceKernel(name, replaced);
	}
	registered.active.clear();
	if (registered.gradientIsOurs) tf.unregisterGradient(einsumGradient.kernelName);
	registered.gradientIsOurs = false;
}

/** The names of the kernels of this package that the wasm backend uses now. */
export function activeKernels(): readonly string[] {
	return [...registered.active]
		.filter(([name, { ours }]) => tf.getKernel(name, backendName) === ours)
		.map(([name]) => name);
}

function replaceKernel(name: string, config: tf.KernelConfig | undefined): void {
	// Unregister first, or the host warns.
	if (tf.getKernel(name, backendName) !== undefined) tf.unregisterKernel(name, backendName);
	if (config !== undefined) tf.registerKernel(config);
}

/** The memory of the backend; when it is not there, the host's kernels come back, with one warning. */
function openMemory(backend: object): HostMemory | undefined {
	const memory = hostMemory(backend);
	if (memory === undefined) {
		restoreStockKernels();
		warnOnce();
	}
	return memory;
}

function hostKernel(name: string): tf.KernelFunc {
	const stock = registered.stock.get(name);
	if (stock !== undefined) return stock;
	const config = tf.getKernel(name, backendName) as tf.KernelConfig | undefined;
	if (config === undefined) throw new Error(`The wasm backend has no kernel '${name}'.`);
	return config.kernelFunc;
}

function warnOnce(): void {
	if (registered.warned) return;
	registered.warned = true;
	console.warn(
		"@heed/backend-wasm: this version of @tensorflow/tfjs-backend-wasm is not built as expected (4.22 is). Its own kernels stay in use: " +
			"embeddings and convolutions cannot be trained on it.",
	);
}
