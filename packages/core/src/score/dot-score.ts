import * as tf from "@tensorflow/tfjs-core";
import { checkNumber, checkOptions } from "../checks.ts";
import { checkQueryAndKey } from "./check-scores.ts";

/** Options of {@link dotScore}. */
export interface DotScoreOptions {
	/** A factor, or `inverseRoot` for `1 / sqrt(dim)`. Default 1: Luong's unscaled product. */
	readonly scale?: number | "inverseRoot" | undefined;
}

/**
 * Dot product of every query with every key.
 *
 *     B batch, Tq and Tk lengths, D dim
 *     score(b, i, j) = scale · query(b, i) · key(b, j)
 *
 * Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation (scale 1),
 * https://arxiv.org/abs/1508.04025; Vaswani et al. 2017, Attention Is All You Need (scale `inverseRoot`),
 * https://arxiv.org/abs/1706.03762
 *
 * When not to use it: as a step towards weights times values; `scaledDotProductAttention` does all of it at once.
 *
 * @param query `[batch, queryLength, dim]`.
 * @param key `[batch, keyLength, dim]`.
 * @returns Scores `[batch, queryLength, keyLength]`.
 * @throws HeedError if query and key differ in batch or dim, or the scale is not a finite number.
 */
export function dotScore(query: tf.Tensor3D, key: tf.Tensor3D, options: DotScoreOptions = {}): tf.Tensor3D {
	checkOptions("dotScore", options, ["scale"]);
	checkQueryAndKey("dotScore", query, key, true);
	const { scale = 1 } = options;
	if (scale !== "inverseRoot") checkNumber("dotScore", "scale", scale);
	return tf.tidy(() => {
		const products: tf.Tensor3D = tf.matMul(query, key, false, true); // [B, Tq, Tk]
		const factor = scale === "inverseRoot" ? 1 / Math.sqrt(query.shape[2]) : scale;
		return factor === 1 ? products : tf.mul(products, factor);
	});
}
