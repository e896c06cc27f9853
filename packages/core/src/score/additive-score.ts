import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { type DifferentiableOp, runDifferentiableOp } from "../kernel/differentiable-op.ts";
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
	const [batch, queryLength] = query.shape;
	if (query.size * key.size === 0) {
		const parameters = [v, g, b].filter((parameter) => parameter !== undefined);
		return zerosFor<tf.Rank.R3>([batch, queryLength, key.shape[1]], query, key, ...parameters);
	}
	return tf.tidy(() => {
		const shifted = b === undefined ? query : tf.add(query, b);
		const inputs = { query: shifted, key, v: direction(v, g) };
		return runDifferentiableOp(additiveScoreOp, inputs, {})[0] as tf.Tensor3D;
	});
}

/**
 * Name of the forward kernel of {@link additiveScore}: query `[B, Tq, U]`, key `[B, Tk, U]` and v `[U]` → scores
 * `[B, Tq, Tk]`. The backward kernel is that of a `DifferentiableOp`.
 */
export const ADDITIVE_SCORE = "HeedAdditiveScore";

/** One op, so that the tape keeps none of the `B · Tq · Tk · U` numbers: the backward pass computes the tanh again. */
const additiveScoreOp: DifferentiableOp<Record<string, never>> = {
	kernelName: ADDITIVE_SCORE,
	inputsToSave: ["query", "key", "v"],
	gradients: ["query", "key", "v"],
	outputCount: 1,
	forward: (inputs) => {
		const { query, key, v } = inputs as { query: tf.Tensor3D; key: tf.Tensor3D; v: tf.Tensor1D };
		return [scoreUnits(pairs(query, key), v, undefined)]; // [B, Tq, Tk]
	},
	backward: ([upstream], inputs) => {
		const { query, key, v } = inputs as { query: tf.Tensor3D; key: tf.Tensor3D; v: tf.Tensor1D };
		const [batch, queries, units] = query.shape;
		const shape: [number, number, number, number] = [batch, queries, key.shape[1], units];
		const t = tf.tanh(pairs(query, key)); // [B, Tq, Tk, U]
		const ds = tf.reshape(upstream as tf.Tensor, [-1, 1]); // [B·Tq·Tk, 1]
		const dTanh = tf.reshape(tf.matMul(ds, tf.reshape(v, [1, units])), shape);
		const dPairs = tf.mul(dTanh, tf.sub(1, tf.square(t)));
		const rows: tf.Tensor2D = tf.reshape(t, [-1, units]);
		return {
			query: tf.sum(dPairs, 2),
			key: tf.sum(dPairs, 1),
			v: tf.reshape(tf.matMul(ds, rows, true, false), [units]),
		};
	},
};

/** Every query with every key, `[B, Tq, Tk, U]`. */
function pairs(query: tf.Tensor3D, key: tf.Tensor3D): tf.Tensor {
	return tf.add(tf.expandDims(query, 2), tf.expandDims(key, 1));
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
	const rows: tf.Tensor2D = tf.reshape(tf.tanh(x), [-1, units]);
	return tf.reshape(tf.matMul(rows, tf.reshape(direction(v, g), [units, 1])), x.shape.slice(0, -1));
}

/** `v`, or `g · v / ‖v‖`. */
function direction(v: tf.Tensor1D, g: tf.Scalar | undefined): tf.Tensor1D {
	if (g === undefined) return v;
	return tf.mul(v, tf.mul(g, tf.rsqrt(tf.add(tf.sum(tf.square(v)), epsilon))));
}
