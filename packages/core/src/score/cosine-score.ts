import * as tf from "@tensorflow/tfjs-core";
import { checkNumber, checkOptions } from "../checks.ts";
import { checkQueryAndKey } from "./check-scores.ts";

/** Options of {@link cosineScore}. */
export interface CosineScoreOptions {
	/** A factor; softmax over plain cosines is nearly even. Default 1. */
	readonly scale?: number | undefined;
	/** Added to squared norms, inside the root. Default 1e-6. */
	readonly epsilon?: number | undefined;
}

/**
 * Cosine of the angle between every query and every key.
 *
 *     B batch, Tq and Tk lengths, D dim
 *     score(b, i, j) = scale · q · k / (√(|q|² + ε) √(|k|² + ε)),  q = query(b, i), k = key(b, j)
 *
 * ε stands inside the root, so that a vector of zeros scores 0 with a finite gradient (at most 1 / √ε).
 *
 * Graves et al. 2014, Neural Turing Machines, https://arxiv.org/abs/1410.5401
 *
 * When not to use it: where the length of a key says how much it matters.
 *
 * @param query `[batch, queryLength, dim]`.
 * @param key `[batch, keyLength, dim]`.
 * @returns Scores `[batch, queryLength, keyLength]`, between -scale and scale.
 * @throws HeedError if query and key differ in batch or dim, or ε is not positive.
 */
export function cosineScore(
	query: tf.Tensor3D,
	key: tf.Tensor3D,
	options: CosineScoreOptions = {},
): tf.Tensor3D {
	checkOptions("cosineScore", options, ["scale", "epsilon"]);
	checkQueryAndKey("cosineScore", query, key, true);
	const { scale = 1, epsilon = 1e-6 } = options;
	checkNumber("cosineScore", "scale", scale);
	checkNumber("cosineScore", "epsilon", epsilon, { above: 0 });
	return tf.tidy(() => {
		const queries = tf.mul(unit(query, epsilon), scale); // [B, Tq, D]
		return tf.matMul(queries as tf.Tensor3D, unit(key, epsilon), false, true); // [B, Tq, Tk]
	});
}

function unit(x: tf.Tensor3D, epsilon: number): tf.Tensor3D {
	return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), epsilon)));
}
