import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { checkParameter, checkQueryAndKey } from "./check-scores.ts";

/** Options of {@link generalScore}. */
export interface GeneralScoreOptions {
	/** The bilinear form, `[queryDim, keyDim]`. */
	readonly w: tf.Tensor2D;
}

/**
 * Luong's general score: a dot product through a trained matrix, for queries and keys of any sizes.
 *
 *     B batch, Tq and Tk lengths, Dq and Dk dims
 *     score(b, i, j) = query(b, i) · W · key(b, j)
 *
 * The shorter of the two sequences is projected. With many steps over one memory, project the keys once and use `dotScore`.
 *
 * Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation, https://arxiv.org/abs/1508.04025
 *
 * @param query `[batch, queryLength, queryDim]`.
 * @param key `[batch, keyLength, keyDim]`.
 * @returns Scores `[batch, queryLength, keyLength]`.
 * @throws HeedError if query and key differ in batch, or `w` does not fit them.
 */
export function generalScore(
	query: tf.Tensor3D,
	key: tf.Tensor3D,
	options: GeneralScoreOptions,
): tf.Tensor3D {
	const where = "generalScore";
	checkOptions(where, options, ["w"]);
	checkQueryAndKey(where, query, key, false);
	const { w } = options;
	const [batch, queryLength, queryDim] = query.shape;
	const [, keyLength, keyDim] = key.shape;
	const reason = "the last axes of query and key";
	checkParameter(where, "w", w, ["queryDim", "keyDim"], [queryDim, keyDim], reason);
	return tf.tidy(() => {
		// Rows before the matrix: a product of ranks 3 and 2 has a wrong gradient in the host.
		if (queryLength <= keyLength) {
			const rows = tf.matMul(tf.reshape(query, [-1, queryDim]), w); // [B·Tq, Dk]
			return tf.matMul(tf.reshape(rows, [batch, queryLength, keyDim]), key, false, true) as tf.Tensor3D; // [B, Tq, Tk]
		}
		const rows = tf.matMul(tf.reshape(key, [-1, keyDim]), w, false, true); // [B·Tk, Dq]
		return tf.matMul(query, tf.reshape(rows, [batch, keyLength, queryDim]), false, true) as tf.Tensor3D; // [B, Tq, Tk]
	});
}
