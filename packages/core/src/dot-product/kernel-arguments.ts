import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { AttentionAttributes } from "./attention-kernel.ts";

/** Stands for "no bound": more than any length, and with one added still a 32-bit number. */
const unbounded = 2 ** 30;

/**
 * Which keys the first query of each batch item sees by position, first and last, both inclusive; every later query sees one
 * further. Clamped, so that 32-bit sums in the kernels of a backend cannot overflow.
 *
 * @returns `[first, last]` of each batch item, one after the other.
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

/** Elements from one index of a mask or bias to the next along batch, head, query and key; 0 where it is broadcast. */
export function broadcastStrides(tensor: Pick<TensorInfo, "shape"> | undefined): number[] {
	const [batch = 1, heads = 1, queries = 1, keys = 1] = tensor?.shape ?? [];
	const along = (size: number, step: number): number => (size === 1 ? 0 : step);
	return [
		along(batch, heads * queries * keys),
		along(heads, queries * keys),
		along(queries, keys),
		along(keys, 1),
	];
}
