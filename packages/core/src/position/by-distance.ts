import * as tf from "@tensorflow/tfjs-core";

/*
 * Relative positions without a gather, whose gradient is missing on the host's wasm backend. A tensor "by distance" has
 * one column per distance from the query to the key: column c of Tq + Tk stands for j - i = c - (Tq - 1), and the last
 * one for nothing. Read row after row, but in rows that are shorter by one, each row slides one step to the left of the
 * one above, which is what turns distances into keys:
 *
 *     Tq 2, Tk 2:   row 0: -1  0  1  .      from the second number on, in rows of three:   0  1  .
 *                   row 1: -1  0  1  .                                                      -1  0  1
 */

/** Turns columns by distance into columns by key: `[N, Tq, Tq + Tk]` → `[N, Tq, Tk]`. */
export function distancesToKeys(byDistance: tf.Tensor3D, keyLength: number): tf.Tensor3D {
	const [n, queryLength, columns] = byDistance.shape;
	const flat = tf.reshape(byDistance, [n, queryLength * columns]);
	const used = tf.slice(flat, [0, queryLength - 1], [n, queryLength * (columns - 1)]);
	const rows: tf.Tensor3D = tf.reshape(used, [n, queryLength, columns - 1]);
	return tf.slice(rows, [0, 0, 0], [n, queryLength, keyLength]);
}

/** The way back, {@link distancesToKeys} transposed: `[N, Tq, Tk]` → `[N, Tq, Tq + Tk]`, zero where no key is. */
export function keysToDistances(byKey: tf.Tensor3D): tf.Tensor3D {
	const [n, queryLength, keyLength] = byKey.shape;
	const columns = queryLength + keyLength;
	const rows = tf.pad(byKey, [
		[0, 0],
		[0, 0],
		[0, queryLength - 1],
	]);
	const flat: tf.Tensor2D = tf.reshape(rows, [n, queryLength * (columns - 1)]);
	return tf.reshape(
		tf.pad(flat, [
			[0, 0],
			[queryLength - 1, 1],
		]),
		[n, queryLength, columns],
	);
}

/**
 * The row of a table for every distance: `table[rowOf(j - i - queryOffset)]`, as a product with a constant one-hot matrix.
 *
 * @returns `[Tq + Tk, columns of the table]`.
 */
export function rowsByDistance(
	table: tf.Tensor2D,
	queryLength: number,
	keyLength: number,
	rowOf: (distance: number) => number,
): tf.Tensor2D {
	const [rows] = table.shape;
	const distances = queryLength + keyLength;
	const chosen = new Float32Array(distances * rows);
	for (let c = 0; c < distances - 1; c++) chosen[c * rows + rowOf(c - (queryLength - 1))] = 1;
	return tf.matMul(tf.tensor2d(chosen, [distances, rows]), table);
}
