import type { TensorInfo, TypedArray } from "@tensorflow/tfjs-core";
import type { HostMemory } from "../host-memory.ts";

/**
 * A new tensor with the box of `x` that starts at `begin` and has the given size. Runs of neighbouring elements are
 * copied as a block, inside the wasm memory.
 *
 * The host's `Slice` first copies the whole of `x` out of the memory, and its `SplitV` and `Unpack` do so once for
 * every output: quadratic in the number of time steps that a recurrent network unstacks.
 */
export function copyRegion(
	memory: HostMemory,
	x: TensorInfo,
	begin: readonly number[],
	size: readonly number[],
): TensorInfo {
	const output = memory.allocate(size, x.dtype);
	if (size.includes(0)) return output;
	const from = memory.view(x);
	const to = memory.view(output);
	if (size.length === 0) {
		to[0] = from[0] ?? 0;
		return output;
	}

	// The axes after `inner` are taken whole, so that a run covers them and axis `inner`.
	let inner = size.length - 1;
	let run = size[inner] ?? 1;
	while (inner > 0 && size[inner] === x.shape[inner]) {
		inner--;
		run *= size[inner] ?? 1;
	}
	const strides = stridesOf(x.shape);
	let start = 0;
	for (let axis = 0; axis < size.length; axis++) start += (begin[axis] ?? 0) * (strides[axis] ?? 1);

	const index = new Array<number>(inner).fill(0);
	for (let target = 0; target < to.length; target += run) {
		copyRun(from, start, to, target, run);
		for (let axis = inner - 1; axis >= 0; axis--) {
			const stride = strides[axis] ?? 1;
			const next = (index[axis] ?? 0) + 1;
			start += stride;
			if (next < (size[axis] ?? 1)) {
				index[axis] = next;
				break;
			}
			index[axis] = 0;
			start -= stride * next;
		}
	}
	return output;
}

/** Copies `count` elements. A short run is faster element by element than through a subarray. */
export function copyRun(
	from: TypedArray,
	start: number,
	to: TypedArray,
	target: number,
	count: number,
): void {
	if (count > 24) to.set(from.subarray(start, start + count), target);
	else for (let i = 0; i < count; i++) to[target + i] = from[start + i] ?? 0;
}

function stridesOf(shape: readonly number[]): number[] {
	const strides = new Array<number>(shape.length).fill(1);
	for (let axis = shape.length - 2; axis >= 0; axis--) {
		strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
	}
	return strides;
}
