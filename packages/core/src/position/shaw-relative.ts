import * as tf from "@tensorflow/tfjs-core";
import { checkNumber, checkOptions, checkRank, checkShape, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { distancesToKeys, keysToDistances, rowsByDistance } from "./by-distance.ts";

/** Options of {@link shawRelativeScores}. */
export interface ShawRelativeScoresOptions extends ShawRelativeValuesOptions {
	/** How many keys there are. Default: as many as queries. */
	readonly keyLength?: number;
}

/** Options of {@link shawRelativeValues}. */
export interface ShawRelativeValuesOptions {
	/** Position of the first query among the keys. Default 0. */
	readonly queryOffset?: number;
}

const tableAxes = ["2 · maxDistance + 1", "headDim"];

/**
 * Scores of queries with trained vectors for distances, to be added to `query · keyᵀ` before scaling.
 *
 *     B batch, H heads, Tq and Tk lengths, D headDim, K maxDistance
 *     score(b, h, i, j) = query(b, h, i) · table[K + clip(j - i - queryOffset, -K, K)]
 *
 * The vectors are multiplied once per distance and then slid into place, not once per pair of positions.
 *
 * Shaw et al. 2018, Self-Attention with Relative Position Representations, https://arxiv.org/abs/1803.02155
 *
 * When not to use it: for very long sequences; its scores take the memory of the whole matrix.
 *
 * @param query Float `[batch, heads, queryLength, headDim]`.
 * @param table Float `[2 · maxDistance + 1, headDim]`, shared by all heads; its middle row is distance 0.
 * @returns Float `[batch, heads, queryLength, keyLength]`, differentiable in both.
 * @throws HeedError if the table does not fit the query or has an even number of rows.
 */
export function shawRelativeScores(
	query: tf.Tensor4D,
	table: tf.Tensor2D,
	options: ShawRelativeScoresOptions = {},
): tf.Tensor4D {
	const where = "shawRelativeScores";
	const axes = ["batch", "heads", "queryLength", "headDim"];
	checkOptions(where, options, ["keyLength", "queryOffset"]);
	checkRank(where, "query", query, axes);
	const [batch, heads, queryLength, headDim] = query.shape;
	const { keyLength = queryLength, queryOffset = 0 } = options;
	checkNumber(where, "keyLength", keyLength, { integer: true, min: 1 });
	checkNumber(where, "queryOffset", queryOffset, { integer: true });
	checkShape(where, "table", table, tableAxes, [null, headDim], describeShape("query", query.shape, axes));
	const rowOf = clippedRow(where, table, queryOffset);
	return tf.tidy(() => {
		const vectors = rowsByDistance(table, queryLength, keyLength, rowOf); // [Tq + Tk, D]
		const rows = tf.reshape(query, [-1, headDim]); // [B·H·Tq, D]
		const products = tf.matMul(rows, vectors, false, true); // [B·H·Tq, Tq + Tk]
		const byDistance = tf.reshape(products, [batch * heads, queryLength, queryLength + keyLength]);
		const scores = distancesToKeys(byDistance as tf.Tensor3D, keyLength); // [B·H, Tq, Tk]
		return tf.reshape(scores, [batch, heads, queryLength, keyLength]);
	});
}

/**
 * Weighted sums of trained vectors for distances, to be added to `weights · value`.
 *
 *     output(b, h, i) = sum over j of weights(b, h, i, j) · table[K + clip(j - i - queryOffset, -K, K)]
 *
 * Shaw et al. 2018, Self-Attention with Relative Position Representations, https://arxiv.org/abs/1803.02155
 *
 * @param weights Float `[batch, heads, queryLength, keyLength]`.
 * @param table Float `[2 · maxDistance + 1, headDim]`, shared by all heads; its middle row is distance 0.
 * @returns Float `[batch, heads, queryLength, headDim]`, differentiable in both.
 * @throws HeedError if the weights are not of rank 4, or the table has an even number of rows.
 */
export function shawRelativeValues(
	weights: tf.Tensor4D,
	table: tf.Tensor2D,
	options: ShawRelativeValuesOptions = {},
): tf.Tensor4D {
	const where = "shawRelativeValues";
	checkOptions(where, options, ["queryOffset"]);
	checkRank(where, "weights", weights, ["batch", "heads", "queryLength", "keyLength"]);
	checkRank(where, "table", table, tableAxes);
	const { queryOffset = 0 } = options;
	checkNumber(where, "queryOffset", queryOffset, { integer: true });
	const [batch, heads, queryLength, keyLength] = weights.shape;
	const rowOf = clippedRow(where, table, queryOffset);
	return tf.tidy(() => {
		const vectors = rowsByDistance(table, queryLength, keyLength, rowOf); // [Tq + Tk, D]
		const perHead: tf.Tensor3D = tf.reshape(weights, [batch * heads, queryLength, keyLength]);
		const byDistance = tf.reshape(keysToDistances(perHead), [-1, queryLength + keyLength]); // [B·H·Tq, Tq + Tk]
		const sums = tf.matMul(byDistance, vectors); // [B·H·Tq, D]
		return tf.reshape(sums, [batch, heads, queryLength, table.shape[1]]);
	});
}

function clippedRow(where: string, table: tf.Tensor2D, queryOffset: number): (distance: number) => number {
	const [rows] = table.shape;
	if (rows % 2 === 0) {
		const came = describeShape("table", table.shape, tableAxes);
		throw new HeedError(
			"SHAPE",
			where,
			`${came} has ${rows} rows; expected an odd number, with distance 0 in the middle.`,
		);
	}
	const maxDistance = (rows - 1) / 2;
	return (distance) => maxDistance + Math.min(maxDistance, Math.max(-maxDistance, distance - queryOffset));
}
