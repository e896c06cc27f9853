import {
	type AttentionAttributes,
	type AttentionGradInputs,
	type AttentionInputs,
	type FusedAttention,
	visibleBounds,
} from "@heed/core";
import type { KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Host } from "../host.ts";
import type { HostMemory } from "../host-memory.ts";
import { type ProblemTensors, problemBytes, writeProblem, writeScratch } from "./attention-problem.ts";

/**
 * The kernels for scaled dot-product attention on the wasm backend, forward and backward. They do everything that the
 * composition does, so only a backend that they cannot work in makes them decline.
 *
 * @param open Opens a backend, or says why that is not possible.
 */
export function fusedAttention(open: (backend: object) => Host | string): FusedAttention {
	const opened = (backend: KernelBackend): Host => {
		const host = open(backend);
		if (typeof host === "string") throw new Error(`Fused attention cannot run: ${host}.`);
		return host;
	};
	return {
		backendName: "wasm",
		unsupported() {
			const host = open(tf.backend());
			return typeof host === "string" ? host : undefined;
		},
		forward: (inputs, attributes, backend) => forward(opened(backend), inputs, attributes),
		backward: (inputs, attributes, backend) => backward(opened(backend), inputs, attributes),
	};
}

function forward(
	{ memory, kernels }: Host,
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
): TensorInfo[] {
	const [batch, heads, queryLength] = inputs.query.shape;
	return memory.allocating((allocate) => {
		const output = allocate([batch, heads, queryLength, inputs.value.shape[3]], "float32");
		const logSumExp = allocate([batch, heads, queryLength], "float32");
		const tensors = { output, logSumExp };
		run(memory, inputs, attributes, tensors, kernels.attendScratch, kernels.attend);
		return [output, logSumExp];
	});
}

function backward(
	{ memory, kernels }: Host,
	inputs: AttentionGradInputs,
	attributes: AttentionAttributes,
): TensorInfo[] {
	const { query, key, value, bias, sinks, output, logSumExp } = inputs;
	return memory.allocating((allocate) => {
		const like = (tensor: TensorInfo): TensorInfo => allocate(tensor.shape, "float32");
		const grads = {
			query: like(query),
			key: like(key),
			value: like(value),
			...(bias !== undefined && { bias: like(bias) }),
			...(sinks !== undefined && { sinks: like(sinks) }),
		};
		// These two are sums over the rows, and a row adds to them.
		for (const sum of [grads.bias, grads.sinks]) if (sum !== undefined) memory.floats(sum).fill(0);
		const tensors = { output, logSumExp, grads };
		run(memory, inputs, attributes, tensors, kernels.attendGradScratch, kernels.attendGrad);
		return [grads.query, grads.key, grads.value, grads.bias, grads.sinks].filter(
			(grad) => grad !== undefined,
		);
	});
}

/** Writes the problem, asks how much scratch it needs, and runs the kernel with so much. */
function run(
	memory: HostMemory,
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
	tensors: Omit<ProblemTensors, "bounds">,
	scratchBytes: (problem: number) => number,
	kernel: (problem: number) => void,
): void {
	const bounds = visibleBounds(inputs.query.shape[0], attributes);
	memory.withScratch(problemBytes + 4 * bounds.length, (problem) => {
		writeProblem(memory, problem, inputs, attributes, { ...tensors, bounds: problem + problemBytes });
		new Int32Array(memory.wasm.buffer, problem + problemBytes, bounds.length).set(bounds);
		memory.withScratch(scratchBytes(problem) >>> 0, (scratch) => {
			writeScratch(memory, problem, scratch);
			kernel(problem);
		});
	});
}
