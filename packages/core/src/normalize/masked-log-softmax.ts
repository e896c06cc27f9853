import * as tf from "@tensorflow/tfjs-core";
import { checkOptions } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";
import {
	checkNormalizer,
	liveScores,
	lowestScore,
	maskRows,
	orElse,
	withAxisLast,
} from "./normalize-rows.ts";
import { runRowKernel } from "./row-kernel.ts";

/** Options of {@link maskedLogSoftmax}. */
export interface MaskedLogSoftmaxOptions {
	/** The axis that is normalised. Default -1, the last. */
	readonly axis?: number | undefined;
}

/**
 * Logarithm of {@link maskedSoftmax}, computed without its underflow: `log w_j = x_j - log sum over live k of exp(x_k)`.
 *
 * A score that takes no part has the log-weight -Infinity and no gradient, whatever comes from above; so has every score
 * of a row with nothing live. When not to use it: to multiply with weights that are 0 (0 · -Infinity is NaN): mask first.
 *
 * @param scores Float scores of any rank from 1.
 * @param mask True = may get weight. Of the scores' rank with sizes equal or 1, or `[queryLength, keyLength]`.
 * @returns Log-weights in the scores' shape.
 * @throws HeedError if the scores are not float32, or the mask is not bool or does not broadcast to them.
 */
export function maskedLogSoftmax<T extends tf.Tensor>(
	scores: T,
	mask?: tf.Tensor,
	options: MaskedLogSoftmaxOptions = {},
): T {
	const where = "maskedLogSoftmax";
	checkOptions(where, options, ["axis"]);
	const axis = checkNormalizer(where, scores, { ...options, mask });
	if (scores.size === 0) return zerosFor(scores.shape, scores) as T;
	return tf.tidy(() => {
		const rowMask = maskRows(mask, scores.rank, axis);
		const forward = (rows: tf.Tensor): tf.Tensor => {
			const live = liveScores(rows, rowMask);
			const logWeights = tf.logSoftmax(orElse(live, rows, lowestScore));
			return orElse(live, logWeights, Number.NEGATIVE_INFINITY);
		};
		return withAxisLast(scores, axis, (rows) => runRowKernel({ forward, backward }, rows)) as T;
	});
}

function backward(logWeights: tf.Tensor, upstream: tf.Tensor): tf.Tensor {
	const live = tf.greaterEqual(logWeights, lowestScore);
	const received = orElse(live, upstream, 0);
	return tf.sub(received, tf.mul(tf.exp(logWeights), tf.sum(received, -1, true)));
}
