import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";
import { checkParameter, checkQueryAndKey } from "./check-scores.ts";

/** Options of {@link additiveScore}. */
export interface AdditiveScoreOptions {
	/** The scoring vector, `[units]`. */
	readonly v: tf.Tensor1D;
	/** A scalar: with it, `v` gives the direction only, `g · v / ‖v‖` (weight normalisation). Start it at `√(1 / units)`. */
	readonly g?: tf.Scalar | undefined;
	/** A bias inside the tanh, `[units]`. */
	readonly b?: tf.Tensor1D | undefined;
}

/** Keeps the norm of a vector of zeros, and its gradient, finite. */
const epsilon = 1e-12;

/**
 * Bahdanau's additive score of queries and keys that are projected already.
 *
 *     B batch, Tq and Tk lengths, U units
 *     score(b, i, j) = v · tanh(query(b, i) + key(b, j) + b)
 *     normalised:      g · v / ‖v‖ in place of v
 *
 * The projections belong to layers, which compute that of the keys once for all steps. Without them and with `v` of ones it is
 * the score of Keras' `AdditiveAttention`.
 *
 * Bahdanau et al. 2014, Neural Machine Translation by Jointly Learning to Align and Translate, https://arxiv.org/abs/1409.0473;
 * weight normalisation: Salimans and Kingma 2016, https://arxiv.org/abs/1602.07868
 *
 * When not to use it: for long sequences against each other. It holds `batch · Tq · Tk · units` numbers; a dot product does not.
 *
 * @param query `[batch, queryLength, units]`.
 * @param key `[batch, keyLength, units]`.
 * @returns Scores `[batch, queryLength, keyLength]`.
 * @throws HeedError if query and key differ in batch or units, or a parameter does not fit them.
 */
export function additiveScore(
	query: tf.Tensor3D,
	key: tf.Tensor3D,
	options: AdditiveScoreOptions,
): tf.Tensor3D {
	const where = "additiveScore";
	checkOptions(where, options, ["v", "g", "b"]);
	checkQueryAndKey(where, query, key, true);
	checkAdditive(where, options, query.shape[2]);
	const { v, g, b } = options;
	const [batch, queryLength, units] = query.shape;
	if (query.size * key.size === 0) {
		const parameters = [v, g, b].filter((parameter) => parameter !== undefined);
		return zerosFor<tf.Rank.R3>([batch, queryLength, key.shape[1]], query, key, ...parameters);
	}
	return tf.tidy(() => {
		const shifted = b === undefined ? query : tf.add(query, b);
		const queries: tf.Tensor = tf.reshape(shifted, [batch, queryLength, 1, units]); // [B, Tq, 1, U]
		const keys = tf.reshape(key, [batch, 1, key.shape[1], units]); // [B, 1, Tk, U]
		return scoreUnits(tf.add(queries, keys), v, g) as tf.Tensor3D; // [B, Tq, Tk]
	});
}

/** Refuses the parameters of an additive score that do not fit its units. */
export function checkAdditive(where: string, { v, g, b }: AdditiveScoreOptions, units: number): void {
	const reason = `the ${units} units`;
	checkParameter(where, "v", v, ["units"], [units], reason);
	if (b !== undefined) checkParameter(where, "b", b, ["units"], [units], reason);
	if (g !== undefined) checkParameter(where, "g", g, [], [], reason);
}

/** `v · tanh(x)` over the last axis, with `v` normalised if there is a `g`. */
export function scoreUnits(x: tf.Tensor, v: tf.Tensor1D, g: tf.Scalar | undefined): tf.Tensor {
	const units = v.shape[0];
	const direction =
		g === undefined ? v : tf.mul(v, tf.mul(g, tf.rsqrt(tf.add(tf.sum(tf.square(v)), epsilon)))); // [U]
	const rows: tf.Tensor2D = tf.reshape(tf.tanh(x), [-1, units]);
	return tf.reshape(tf.matMul(rows, tf.reshape(direction, [units, 1])), x.shape.slice(0, -1));
}
