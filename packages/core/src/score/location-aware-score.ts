import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkOptions, checkShape, describeShape } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";
import { type AdditiveScoreOptions, checkAdditive, scoreUnits } from "./additive-score.ts";
import { checkParameter, checkQueryAndKey } from "./check-scores.ts";

/** Options of {@link locationAwareScore}. */
export interface LocationAwareScoreOptions extends AdditiveScoreOptions {
	/** Filters that the previous alignment is convolved with, `[width, filters]`. */
	readonly filters: tf.Tensor2D;
	/** The projection of what the filters find, `[filters, units]`. */
	readonly u: tf.Tensor2D;
}

/**
 * Additive score that also sees where the previous step attended.
 *
 *     B batch, Tq and Tk lengths, U units
 *     f(b, i) = filters ∗ alignment(b, i)            "same" padding with zeros, as long as the keys
 *     score(b, i, j) = v · tanh(query(b, i) + key(b, j) + f(b, i, j) · u + b)
 *
 * The convolution slides the filters without turning them round, as convolutions of deep learning do, and is centred: for an
 * even width the extra weight is on the right. It is made of slices and a product, since the host's wasm backend has no gradient
 * for the filters of a convolution.
 *
 * Chorowski et al. 2015, Attention-Based Models for Speech Recognition, https://arxiv.org/abs/1506.07503
 *
 * When not to use it: where the order of attention is free, as in translation.
 *
 * @param query `[batch, queryLength, units]`, projected; a decoder step has one.
 * @param key `[batch, keyLength, units]`, projected.
 * @param alignment The weights of the step before, `[batch, queryLength, keyLength]`, zero at padding. Zeros, or 1 at the first
 * key, to begin with.
 * @returns Scores `[batch, queryLength, keyLength]`.
 * @throws HeedError if query, key and alignment do not fit each other, or a parameter does not fit them.
 */
export function locationAwareScore(
	query: tf.Tensor3D,
	key: tf.Tensor3D,
	alignment: tf.Tensor3D,
	options: LocationAwareScoreOptions,
): tf.Tensor3D {
	const where = "locationAwareScore";
	checkOptions(where, options, ["v", "g", "b", "filters", "u"]);
	checkQueryAndKey(where, query, key, true);
	const [batch, queryLength, units] = query.shape;
	const keyLength = key.shape[1];
	const axes = ["batch", "queryLength", "keyLength"];
	const reason = `${describeShape("query", query.shape)} and ${describeShape("key", key.shape)}`;
	checkShape(where, "alignment", alignment, axes, [batch, queryLength, keyLength], reason);
	checkDtype(where, "alignment", alignment, "float32");
	checkAdditive(where, options, units);
	const { v, g, b, filters, u } = options;
	checkParameter(where, "filters", filters, ["width", "filters"], [null, null], "");
	const count = filters.shape[1];
	checkParameter(where, "u", u, ["filters", "units"], [count, units], `${count} filters and ${units} units`);
	if (query.size * key.size === 0) {
		const parameters = [v, g, b, filters, u].filter((parameter) => parameter !== undefined);
		const inputs = [query, key, alignment, ...parameters];
		return zerosFor<tf.Rank.R3>([batch, queryLength, keyLength], ...inputs);
	}
	return tf.tidy(() => {
		const found = convolveSame(tf.reshape(alignment, [-1, keyLength]), filters); // [B·Tq·Tk, F]
		const located = tf.reshape(tf.matMul(found, u), [batch, queryLength, keyLength, units]); // [B, Tq, Tk, U]
		const shifted = b === undefined ? query : tf.add(query, b);
		const queries: tf.Tensor = tf.reshape(shifted, [batch, queryLength, 1, units]); // [B, Tq, 1, U]
		const keys = tf.reshape(key, [batch, 1, keyLength, units]); // [B, 1, Tk, U]
		return scoreUnits(tf.add(tf.add(queries, keys), located), v, g) as tf.Tensor3D; // [B, Tq, Tk]
	});
}

/** `rows [N, T]` and `filters [W, F]` → `[N · T, F]`. */
function convolveSame(rows: tf.Tensor2D, filters: tf.Tensor2D): tf.Tensor2D {
	const [n, length] = rows.shape;
	const width = filters.shape[0];
	const before = Math.floor((width - 1) / 2);
	const padded = tf.pad(rows, [
		[0, 0],
		[before, width - 1 - before],
	]); // [N, T + W - 1]
	const shifts = Array.from({ length: width }, (_, from) => tf.slice(padded, [0, from], [n, length])); // W × [N, T]
	const windows: tf.Tensor2D = tf.reshape(tf.stack(shifts, 2), [n * length, width]); // [N·T, W]
	return tf.matMul(windows, filters);
}
