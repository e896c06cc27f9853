import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkRank } from "../checks.ts";
import { checkParameter } from "./check-scores.ts";

/** Options of {@link locationScore}. */
export interface LocationScoreOptions {
	/** One column of weights for every position of the source, `[queryDim, maxLength]`. */
	readonly w: tf.Tensor2D;
	/** How long the source is. Default: `maxLength`. */
	readonly keyLength?: number | undefined;
}

/**
 * Luong's location score: from the query alone, without looking at the keys.
 *
 *     B batch, Tq and Tk lengths, Dq queryDim
 *     score(b, i, j) = query(b, i) · W[:, j]
 *
 * A shorter source uses the first positions. Positions from `maxLength` on score -Infinity, which every normaliser of Heed
 * takes as absent.
 *
 * Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation, https://arxiv.org/abs/1508.04025
 *
 * When not to use it: where word order varies, or sources are longer than those trained on.
 *
 * @param query `[batch, queryLength, queryDim]`.
 * @returns Scores `[batch, queryLength, keyLength]`.
 * @throws HeedError if `w` does not fit the query, or `keyLength` is not a whole number from 1.
 */
export function locationScore(query: tf.Tensor3D, options: LocationScoreOptions): tf.Tensor3D {
	const where = "locationScore";
	checkOptions(where, options, ["w", "keyLength"]);
	checkRank(where, "query", query, ["batch", "queryLength", "queryDim"]);
	checkDtype(where, "query", query, "float32");
	const [batch, queryLength, queryDim] = query.shape;
	const { w } = options;
	checkParameter(where, "w", w, ["queryDim", "maxLength"], [queryDim, null], `query of ${queryDim} features`);
	const { keyLength = w.shape[1] } = options;
	checkNumber(where, "keyLength", keyLength, { integer: true, min: 1 });
	return tf.tidy(() => {
		const known = Math.min(keyLength, w.shape[1]);
		const rows = tf.matMul(tf.reshape(query, [-1, queryDim]), tf.slice(w, [0, 0], [queryDim, known])); // [B·Tq, known]
		const unknown = keyLength - known;
		const scores =
			unknown === 0
				? rows
				: tf.pad(
						rows,
						[
							[0, 0],
							[0, unknown],
						],
						Number.NEGATIVE_INFINITY,
					);
		return tf.reshape(scores, [batch, queryLength, keyLength]); // [B, Tq, Tk]
	});
}
