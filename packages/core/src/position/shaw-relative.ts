import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkRank, checkShape, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { checkOffsets, type QueryOffset } from "../mask/visible-range.ts";
import { zerosFor } from "../zeros-for.ts";
import { distancesToKeys, keysToDistances, rowsByDistance } from "./by-distance.ts";

/** Options of {@link shawRelativeScores}. */
export interface ShawRelativeScoresOptions extends ShawRelativeValuesOptions {
	/** How many keys there are. Default: as many as queries. */
	readonly keyLength?: number | undefined;
}

/** Options of {@link shawRelativeValues}. */
export interface ShawRelativeValuesOptions {
	/** Position of the first query among the keys; one number, or one per batch item. Default 0. */
	readonly queryOffset?: QueryOffset | undefined;
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
 * @throws HeedError if the table does not fit the query or has an even number of rows, or an offset is not a whole number.
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
	checkOffsets(where, queryOffset, batch);
	checkDtype(where, "query", query, "float32");
	checkShape(where, "table", table, tableAxes, [null, headDim], describeShape("query", query.shape, axes));
	checkTable(where, table);
	if (query.size === 0) return zerosFor<tf.Rank.R4>([batch, heads, queryLength, keyLength], query, table);
	return withOffsets(query, queryOffset, (some, offset) => {
		const [items] = some.shape;
		const vectors = rowsByDistance(table, queryLength, keyLength, clippedRow(table, offset)); // [Tq + Tk, D]
		const rows = tf.reshape(some, [items * heads * queryLength, headDim]); // [B·H·Tq, D]
		const products = tf.matMul(rows, vectors, false, true); // [B·H·Tq, Tq + Tk]
		const byDistance = tf.reshape(products, [items * heads, queryLength, queryLength + keyLength]);
		const scores = distancesToKeys(byDistance as tf.Tensor3D, keyLength); // [B·H, Tq, Tk]
		return tf.reshape(scores, [items, heads, queryLength, keyLength]);
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
	const [batch, heads, queryLength, keyLength] = weights.shape;
	checkOffsets(where, queryOffset, batch);
	checkDtype(where, "weights", weights, "float32");
	checkTable(where, table);
	if (weights.size === 0) {
		return zerosFor<tf.Rank.R4>([batch, heads, queryLength, table.shape[1]], weights, table);
	}
	return withOffsets(weights, queryOffset, (some, offset) => {
		const [items] = some.shape;
		const vectors = rowsByDistance(table, queryLength, keyLength, clippedRow(table, offset)); // [Tq + Tk, D]
		const perHead: tf.Tensor3D = tf.reshape(some, [items * heads, queryLength, keyLength]);
		const distances = [items * heads * queryLength, queryLength + keyLength] as const;
		const byDistance = tf.reshape(keysToDistances(perHead), [...distances]); // [B·H·Tq, Tq + Tk]
		const sums = tf.matMul(byDistance as tf.Tensor2D, vectors); // [B·H·Tq, D]
		return tf.reshape(sums, [items, heads, queryLength, table.shape[1]]);
	});
}

/** All batch items at once where they share an offset, else one by one. */
function withOffsets(
	x: tf.Tensor4D,
	queryOffset: QueryOffset,
	work: (some: tf.Tensor4D, offset: number) => tf.Tensor4D,
): tf.Tensor4D {
	return tf.tidy(() => {
		if (typeof queryOffset === "number") return work(x, queryOffset);
		const items = queryOffset.map((offset, item) => work(tf.slice(x, item, 1), offset)); // [1, H, Tq, …] each
		return tf.concat(items, 0);
	});
}

function checkTable(where: string, table: tf.Tensor2D): void {
	checkDtype(where, "table", table, "float32");
	const [rows] = table.shape;
	if (rows % 2 === 1) return;
	const came = describeShape("table", table.shape, tableAxes);
	const message = `${came} has ${rows} rows; expected an odd number, with distance 0 in the middle.`;
	throw new HeedError("SHAPE", where, message);
}

function clippedRow(table: tf.Tensor2D, offset: number): (distance: number) => number {
	const maxDistance = (table.shape[0] - 1) / 2;
	return (distance) => maxDistance + Math.min(maxDistance, Math.max(-maxDistance, distance - offset));
}
