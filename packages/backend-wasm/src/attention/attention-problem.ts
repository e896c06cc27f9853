import type { AttentionAttributes, AttentionGradInputs, AttentionInputs } from "@heed/core";
import { broadcastStrides, seedKey } from "@heed/core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { HostMemory } from "../host-memory.ts";

/** What a call works on beside its inputs. */
export interface ProblemTensors {
	readonly output: TensorInfo;
	readonly logSumExp: TensorInfo;
	/** Where the {@link visibleBounds} lie, int32 `[B, 2]`. */
	readonly bounds: number;
	/** Of the backward pass only. */
	readonly grads?: {
		readonly query: TensorInfo;
		readonly key: TensorInfo;
		readonly value: TensorInfo;
		readonly bias?: TensorInfo;
		readonly sinks?: TensorInfo;
	};
}

/** One field of the problem: a whole number or a pointer, or a float32. */
type Field = number | { readonly float: number };

/** Bytes of a problem. */
export const problemBytes: number = 4 * 39;

/**
 * Writes a problem where the kernels read it: fields of four bytes, in the order of `assembly/attention/problem.ts`. All
 * tensors must be allocated by now; the last field, the scratch, is left to {@link writeScratch}.
 */
export function writeProblem(
	memory: HostMemory,
	at: number,
	inputs: AttentionInputs & Partial<AttentionGradInputs>,
	attributes: AttentionAttributes,
	{ output, logSumExp, bounds, grads }: ProblemTensors,
): void {
	const { query, key, value, keyLengths, sinks, mask, bias, outputGrad, logSumExpGrad } = inputs;
	const { scale, softcap, dropoutRate, dropoutSeed } = attributes;
	const pointer = (tensor: TensorInfo | undefined): number =>
		tensor === undefined ? 0 : memory.pointer(tensor);
	const { low, high } = seedKey(dropoutSeed);
	const fields: Field[] = [
		...query.shape.slice(0, 2),
		...key.shape.slice(1, 2),
		...query.shape.slice(2, 3),
		...key.shape.slice(2, 3),
		...query.shape.slice(3),
		...value.shape.slice(3),
		{ float: scale },
		{ float: softcap },
		Math.floor(dropoutRate * 2 ** 32),
		{ float: 1 / (1 - dropoutRate) },
		low,
		high,
		...[query, key, value, output, logSumExp].map(pointer),
		bounds,
		...[keyLengths, sinks].map(pointer),
		pointer(mask),
		...broadcastStrides(mask),
		pointer(bias),
		...broadcastStrides(bias),
		...[outputGrad, logSumExpGrad].map(pointer),
		...[grads?.query, grads?.key, grads?.value, grads?.bias, grads?.sinks].map(pointer),
	];
	const view = new DataView(memory.wasm.buffer, at, problemBytes);
	fields.forEach((field, i) => {
		if (typeof field === "number") view.setUint32(4 * i, field, true);
		else view.setFloat32(4 * i, field.float, true);
	});
}

/** Completes a problem: how much scratch it needs is known only when everything else is written. */
export function writeScratch(memory: HostMemory, at: number, scratch: number): void {
	new DataView(memory.wasm.buffer, at, problemBytes).setUint32(problemBytes - 4, scratch, true);
}
