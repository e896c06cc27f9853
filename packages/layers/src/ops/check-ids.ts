import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/** Where a tensor is in plain memory, so that looking at it neither waits for a device nor copies much. */
const readable = new Set(["cpu", "wasm", "tensorflow"]);

/**
 * Refuses whole numbers out of a range: ids beyond a table, lengths beyond a row. Only on backends that compute in plain
 * memory; on a GPU, reading the numbers would stop everything, and what comes of wrong ones is up to the device.
 *
 * @param classes How many there are: 0 .. classes - 1 are right.
 * @param owner What the bound belongs to, for instance `the vocabulary`.
 * @throws HeedError `VALUE`.
 */
export function checkIds(where: string, name: string, ids: tf.Tensor, classes: number, owner: string): void {
	if (!readable.has(tf.getBackend())) return;
	const values = ids.dataSync<"int32">();
	const index = values.findIndex((id) => id < 0 || id >= classes);
	if (index < 0) return;
	const place =
		ids.shape.length === 2 ? [Math.floor(index / (ids.shape[1] ?? 1)), index % (ids.shape[1] ?? 1)] : [index];
	throw new HeedError(
		"VALUE",
		where,
		`${name}[${place.join(", ")}] is ${values[index]}; expected 0 to ${classes - 1}, by ${owner}.`,
	);
}
