import type { AttentionAttributes, AttentionGradInputs, AttentionInputs } from "@heed/core";
import { seedKey } from "@heed/core";
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

/** Stands for "no bound": more than any length, and with one added still a 32-bit number. */
const unbounded = 2 ** 30;

/** One field of the problem: a whole number or a pointer, or a float32. */
type Field = number | { readonly float: number };

/** Bytes of a problem. */
export const problemBytes: number = 4 * 39;

/**
 * Which keys the first query of each batch item sees by position, first and last, both inclusive; every later query sees one
 * further. Clamped, so that the kernels' 32-bit sums cannot overflow.
 */
export function visibleBounds(
	batch: number,
	{ queryOffset, causal, windowLeft, windowRight }: AttentionAttributes,
): number[] {
	const offsets = typeof queryOffset === "number" ? new Array<number>(batch).fill(queryOffset) : queryOffset;
	const right = causal ? 0 : windowRight;
	const clamp = (bound: number): number => Math.min(unbounded, Math.max(-unbounded, bound));
	return offsets.flatMap((offset) => [
		windowLeft < 0 ? -unbounded : clamp(offset - windowLeft),
		right < 0 ? unbounded : clamp(offset + right),
	]);
}

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
		...strides(mask),
		pointer(bias),
		...strides(bias),
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

/** Elements from one index to the next along batch, head, query and key; 0 where the tensor is broadcast. */
function strides(tensor: TensorInfo | undefined): number[] {
	const [batch = 1, heads = 1, queries = 1, keys = 1] = tensor?.shape ?? [];
	const along = (size: number, step: number): number => (size === 1 ? 0 : step);
	return [
		along(batch, heads * queries * keys),
		along(heads, queries * keys),
		along(queries, keys),
		along(keys, 1),
	];
}
