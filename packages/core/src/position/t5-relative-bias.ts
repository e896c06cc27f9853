import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkRank } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { checkPositions, type QueryOffset } from "../mask/visible-range.ts";
import { distancesToKeys, rowsByDistance } from "./by-distance.ts";

/** Options of {@link t5Bucket}. */
export interface T5BucketOptions {
	/** Encoders tell the past from the future, decoders see the past only. Default true. */
	readonly bidirectional?: boolean | undefined;
	/** How many buckets there are. Default 32. */
	readonly numBuckets?: number | undefined;
	/** From here on all distances share the last bucket. Default 128. */
	readonly maxDistance?: number | undefined;
}

/** Options of {@link t5RelativeBias}; the number of buckets is that of the table's rows. */
export interface T5RelativeBiasOptions extends Omit<T5BucketOptions, "numBuckets"> {
	/** Position of the first query among the keys; one number, or one per batch item. Default 0. */
	readonly queryOffset?: QueryOffset | undefined;
}

/**
 * The bucket of a relative position (key minus query): near distances have one each, far ones share buckets that widen
 * with the logarithm of the distance.
 *
 *     n = numBuckets, halved when bidirectional; future keys take the upper half
 *     d < n/2:  d        otherwise:  min(n - 1, n/2 + floor(n/2 · log(d / (n/2)) / log(maxDistance / (n/2))))
 *
 * @throws HeedError if the buckets are too few for the directions, or `maxDistance` lies within the exact ones.
 */
export function t5Bucket(relativePosition: number, options: T5BucketOptions = {}): number {
	const where = "t5Bucket";
	checkOptions(where, options, ["bidirectional", "numBuckets", "maxDistance"]);
	checkNumber(where, "relativePosition", relativePosition, { integer: true });
	const { bidirectional = true, numBuckets = 32, maxDistance = 128 } = options;
	checkBuckets(where, bidirectional, numBuckets, maxDistance);
	return bucket(relativePosition, bidirectional, numBuckets, maxDistance);
}

/**
 * T5's relative positions: a trained bias per head and bucket of distances, added to the scores.
 *
 *     bias(h, i, j) = table[t5Bucket(j - i - queryOffset), h]
 *
 * Raffel et al. 2019, Exploring the Limits of Transfer Learning, https://arxiv.org/abs/1910.10683
 *
 * When not to use it: with T5 weights and a `scale`: T5 does not divide its scores by the root of the head size.
 *
 * @param table Float `[numBuckets, heads]`.
 * @returns Float `[1, heads, queryLength, keyLength]`, or `[batch, …]` with an offset per batch item; differentiable in
 * the table.
 * @throws HeedError if the table is not float32 of rank 2, or a number is out of range.
 */
export function t5RelativeBias(
	table: tf.Tensor2D,
	queryLength: number,
	keyLength: number,
	options: T5RelativeBiasOptions = {},
): tf.Tensor4D {
	const where = "t5RelativeBias";
	checkOptions(where, options, ["bidirectional", "maxDistance", "queryOffset"]);
	const { bidirectional = true, maxDistance = 128, queryOffset = 0 } = options;
	checkRank(where, "table", table, ["numBuckets", "heads"]);
	checkDtype(where, "table", table, "float32");
	checkPositions(where, queryLength, keyLength, queryOffset);
	const [numBuckets, heads] = table.shape;
	checkBuckets(where, bidirectional, numBuckets, maxDistance);
	const biasFrom = (offset: number): tf.Tensor4D => {
		const rowOf = (distance: number): number =>
			bucket(distance - offset, bidirectional, numBuckets, maxDistance);
		const byDistance = rowsByDistance(table, queryLength, keyLength, rowOf); // [Tq + Tk, H]
		const distances = queryLength + keyLength;
		const perHead = tf.reshape(tf.transpose(byDistance), [heads, 1, distances]); // [H, 1, Tq + Tk]
		const rows: tf.Tensor3D = tf.broadcastTo(perHead, [heads, queryLength, distances]); // [H, Tq, Tq + Tk]
		return tf.reshape(distancesToKeys(rows, keyLength), [1, heads, queryLength, keyLength]);
	};
	return tf.tidy(() => tf.concat([queryOffset].flat().map(biasFrom), 0)); // [B | 1, H, Tq, Tk]
}

function checkBuckets(where: string, bidirectional: boolean, numBuckets: number, maxDistance: number): void {
	const unit = bidirectional ? 4 : 2;
	checkNumber(where, "numBuckets", numBuckets, { integer: true, min: unit });
	if (numBuckets % unit !== 0) {
		const direction = bidirectional ? "two directions" : "one direction";
		throw new HeedError(
			"OPTION",
			where,
			`\`numBuckets\` is ${numBuckets}; expected a multiple of ${unit} for ${direction}.`,
		);
	}
	checkNumber(where, "maxDistance", maxDistance, { integer: true, above: numBuckets / unit });
}

function bucket(relative: number, bidirectional: boolean, numBuckets: number, maxDistance: number): number {
	const buckets = bidirectional ? numBuckets / 2 : numBuckets;
	const first = bidirectional && relative > 0 ? buckets : 0;
	const distance = bidirectional ? Math.abs(relative) : Math.max(-relative, 0);
	const exact = buckets / 2;
	if (distance < exact) return first + distance;
	const widening = Math.log(distance / exact) / Math.log(maxDistance / exact);
	// The small number keeps powers of the ratio, which are whole in exact arithmetic, from falling one short.
	return first + Math.min(buckets - 1, exact + Math.floor(exact * widening + 1e-6));
}
