import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";
import { scoreUnits } from "./additive-score.ts";
import { checkParameter, checkQueryAndKey } from "./check-scores.ts";

/** Options of {@link concatScore}. */
export interface ConcatScoreOptions {
	/** The projection of query and key, one under the other: `[queryDim + keyDim, units]`. */
	readonly w: tf.Tensor2D;
	/** The scoring vector, `[units]`. */
	readonly v: tf.Tensor1D;
}

/**
 * Luong's concat score.
 *
 *     B batch, Tq and Tk lengths, Dq and Dk dims, U units
 *     score(b, i, j) = v · tanh([query(b, i); key(b, j)] · W)
 *                    = v · tanh(query(b, i) · W[:Dq] + key(b, j) · W[Dq:])
 *
 * The second line is what is computed: no pair is ever concatenated.
 *
 * Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation, https://arxiv.org/abs/1508.04025
 *
 * When not to use it: with many steps over one memory; project the keys once and use `additiveScore`. Nor for Keras'
 * `score_mode="concat"`, which has no projection: that is `additiveScore` too.
 *
 * @param query `[batch, queryLength, queryDim]`.
 * @param key `[batch, keyLength, keyDim]`.
 * @returns Scores `[batch, queryLength, keyLength]`.
 * @throws HeedError if query and key differ in batch, or a parameter does not fit them.
 */
export function concatScore(query: tf.Tensor3D, key: tf.Tensor3D, options: ConcatScoreOptions): tf.Tensor3D {
	const where = "concatScore";
	checkOptions(where, options, ["w", "v"]);
	checkQueryAndKey(where, query, key, false);
	const { w, v } = options;
	const [batch, queryLength, queryDim] = query.shape;
	const [, keyLength, keyDim] = key.shape;
	const reason = `query and key of ${queryDim} and ${keyDim} features`;
	checkParameter(where, "w", w, ["queryDim + keyDim", "units"], [queryDim + keyDim, null], reason);
	const units = w.shape[1];
	checkParameter(where, "v", v, ["units"], [units], `w of ${units} units`);
	if (query.size * key.size === 0) {
		return zerosFor<tf.Rank.R3>([batch, queryLength, keyLength], query, key, w, v);
	}
	return tf.tidy(() => {
		const queryRows = tf.matMul(tf.reshape(query, [-1, queryDim]), tf.slice(w, [0, 0], [queryDim, units])); // [B·Tq, U]
		const keyRows = tf.matMul(tf.reshape(key, [-1, keyDim]), tf.slice(w, [queryDim, 0], [keyDim, units])); // [B·Tk, U]
		const queries: tf.Tensor = tf.reshape(queryRows, [batch, queryLength, 1, units]); // [B, Tq, 1, U]
		const keys = tf.reshape(keyRows, [batch, 1, keyLength, units]); // [B, 1, Tk, U]
		return scoreUnits(tf.add(queries, keys), v, undefined) as tf.Tensor3D; // [B, Tq, Tk]
	});
}
