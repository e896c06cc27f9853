import { checkDtype, checkRank, checkShape } from "@heed/core";
import { checkIds } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { checkParts } from "../ops/check-given.ts";
import { gatherRows } from "../ops/gather-rows.ts";
import type { AttentionState } from "./decoder-attention.ts";

/** Refuses a memory or lengths that do not fit each other. */
export function checkMemory(where: string, memory: tf.Tensor, lengths?: tf.Tensor): void {
	checkRank(where, "memory", memory, ["batch", "source", "memorySize"]);
	checkDtype(where, "memory", memory, "float32");
	if (lengths === undefined) return;
	checkShape(where, "lengths", lengths, ["batch"], [memory.shape[0] ?? 0], "memory");
	checkDtype(where, "lengths", lengths, "int32");
	checkIds(where, "lengths", lengths, (memory.shape[1] ?? 0) + 1, "the source positions");
}

/** Refuses what is no state of a mechanism. */
export function checkState(where: string, state: AttentionState | null | undefined): void {
	const expected = "what `setUp(memory, lengths)` gives, or `state` of the last step";
	const isTensor = (part: unknown): boolean => Array.isArray((part as tf.Tensor | undefined)?.shape);
	checkParts(where, "the state", state, ["memory", "keys", "mask"], expected, isTensor);
}

/** True within the length of each row, bool `[batch, 1, source]`. */
export function lengthMask(memory: tf.Tensor3D, lengths?: tf.Tensor1D): tf.Tensor3D {
	const [batch, source] = memory.shape;
	if (lengths === undefined) return tf.ones([batch, 1, source], "bool");
	return tf.tidy(() => {
		const position = tf.reshape(tf.range(0, source, 1, "int32"), [1, 1, source]);
		return tf.less(position, tf.reshape(lengths, [batch, 1, 1])) as tf.Tensor3D;
	});
}

/** The rows `indices` of every tensor of a state. */
export function reorderState(state: AttentionState, indices: tf.Tensor1D): AttentionState {
	return Object.fromEntries(
		Object.entries(state).map(([name, tensor]) => [name, gatherRows(tensor, indices)]),
	) as unknown as AttentionState; // fromEntries forgets the names
}

/** The same where every row goes on from one of the same source: what belongs to the source stays as it is. */
export function reorderWithinSource(state: AttentionState, indices: tf.Tensor1D): AttentionState {
	const { keys, memory, mask, ...moving } = state;
	const moved = Object.entries(moving).map(([name, tensor]) => [name, gatherRows(tensor, indices)]);
	return { keys, memory, mask, ...Object.fromEntries(moved) };
}
