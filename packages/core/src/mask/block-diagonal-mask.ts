import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkRank, checkShape, describeShape } from "../checks.ts";

/** Options of {@link blockDiagonalMask}. */
export interface BlockDiagonalMaskOptions {
	/** Segments of the keys, int32 `[batch, keyLength]`. Default: those of the queries. */
	readonly keySegments?: tf.Tensor2D | undefined;
	/** The id that marks padding, which neither attends nor is attended to. Default: none. */
	readonly paddingId?: number | undefined;
}

/**
 * Keeps documents that are packed into one row apart: true where query and key have the same segment id.
 *
 *     blockDiagonalMask([[7, 7, 9]]):  1 1 0
 *                                      1 1 0
 *                                      0 0 1
 *
 * Krell et al. 2021, Efficient Sequence Packing without Cross-contamination, https://arxiv.org/abs/2107.02027
 *
 * When not to use it: with few long documents, where separate rows cost no more and need no mask of length².
 *
 * @param querySegments Int32 `[batch, queryLength]`.
 * @returns Bool `[batch, 1, queryLength, keyLength]`.
 * @throws HeedError if the segments are not int32 of rank 2, or their batches differ.
 */
export function blockDiagonalMask(
	querySegments: tf.Tensor2D,
	options: BlockDiagonalMaskOptions = {},
): tf.Tensor4D {
	const where = "blockDiagonalMask";
	checkOptions(where, options, ["keySegments", "paddingId"]);
	const { keySegments = querySegments, paddingId } = options;
	const axes = ["batch", "queryLength"];
	checkRank(where, "querySegments", querySegments, axes);
	checkDtype(where, "querySegments", querySegments, "int32");
	checkDtype(where, "keySegments", keySegments, "int32");
	const batch = querySegments.shape[0];
	const reason = describeShape("querySegments", querySegments.shape, axes);
	checkShape(where, "keySegments", keySegments, ["batch", "keyLength"], [batch, null], reason);
	if (paddingId !== undefined) checkNumber(where, "paddingId", paddingId, { integer: true });
	return tf.tidy(() => {
		const queries = tf.reshape(querySegments, [batch, 1, -1, 1]); // [B, 1, Tq, 1]
		const keys = tf.reshape(keySegments, [batch, 1, 1, -1]); // [B, 1, 1, Tk]
		const same = tf.equal(queries, keys) as tf.Tensor4D; // [B, 1, Tq, Tk]
		if (paddingId === undefined) return same;
		return tf.logicalAnd(same, tf.notEqual(queries, tf.scalar(paddingId, "int32")));
	});
}
