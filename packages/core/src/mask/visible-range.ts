import * as tf from "@tensorflow/tfjs-core";
import { checkNumber } from "../checks.ts";
import { HeedError } from "../errors.ts";

/** Where the first query stands among the keys; one number, or one per batch item. */
export type QueryOffset = number | readonly number[];

/** Refuses lengths and offsets that are no counts. */
export function checkPositions(
	where: string,
	queryLength: number,
	keyLength: number,
	queryOffset: QueryOffset,
): void {
	checkNumber(where, "queryLength", queryLength, { integer: true, min: 1 });
	checkNumber(where, "keyLength", keyLength, { integer: true, min: 1 });
	checkOffsets(where, queryOffset);
}

/** Refuses offsets that are no whole numbers, or not one per batch item where the `batch` is known. */
export function checkOffsets(where: string, queryOffset: QueryOffset, batch?: number): void {
	const offsets = [queryOffset].flat();
	if (offsets.length === 0) {
		throw new HeedError("OPTION", where, "`queryOffset` is empty; expected a number, or one per batch item.");
	}
	for (const offset of offsets) checkNumber(where, "queryOffset", offset, { integer: true });
	if (batch === undefined || !Array.isArray(queryOffset) || queryOffset.length === batch) return;
	const message = `\`queryOffset\` has ${queryOffset.length} numbers; expected one per batch item, ${batch}.`;
	throw new HeedError("OPTION", where, message);
}

/**
 * True where `from <= j - (i + queryOffset) <= to`; a missing bound is open.
 *
 * @returns Bool `[queryLength, keyLength]`, or `[batch, 1, queryLength, keyLength]` with an offset per batch item.
 */
export function visibleRange(
	queryLength: number,
	keyLength: number,
	queryOffset: QueryOffset,
	{ from, to }: { readonly from?: number; readonly to?: number },
): tf.Tensor {
	const offsets =
		typeof queryOffset === "number" ? tf.scalar(queryOffset, "int32") : perBatchItem(queryOffset);
	const queries = tf.reshape(tf.range(0, queryLength, 1, "int32"), [queryLength, 1]);
	const positions = tf.add(queries, offsets); // [Tq, 1] or [B, 1, Tq, 1]
	const keys = tf.range(0, keyLength, 1, "int32"); // [Tk]
	const bounds: tf.Tensor[] = [];
	if (from !== undefined) bounds.push(tf.greaterEqual(keys, tf.add(positions, tf.scalar(from, "int32"))));
	if (to !== undefined) bounds.push(tf.lessEqual(keys, tf.add(positions, tf.scalar(to, "int32"))));
	const shape = [...positions.shape.slice(0, -1), keyLength];
	return bounds.reduce((all, bound) => tf.logicalAnd(all, bound), tf.ones(shape, "bool"));
}

const perBatchItem = (offsets: readonly number[]): tf.Tensor =>
	tf.tensor([...offsets], [offsets.length, 1, 1, 1], "int32");
