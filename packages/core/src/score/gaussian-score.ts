import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkRank } from "../checks.ts";

/** Options of {@link gaussianScore}. */
export interface GaussianScoreOptions {
	/** How many keys there are, at positions 0, 1, 2, … */
	readonly keyLength: number;
	/** The standard deviation, in positions. Local attention takes half its half-window, `D / 2`. */
	readonly sigma: number;
	/** The position of the first key. Default 0; 1 for formulas that count from one. */
	readonly firstPosition?: number | undefined;
}

/**
 * Logarithm of a Gaussian around a predicted position.
 *
 *     B batch, Tq and Tk lengths
 *     score(b, i, j) = -(firstPosition + j - center(b, i))² / (2 σ²)
 *
 * Softmax of it is a Gaussian over the keys. Added to other scores before the softmax it favours keys near the centre. Luong's
 * local-p multiplies after the softmax instead, and does not renormalise: `weights · exp(gaussianScore(…))`.
 *
 * Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation, https://arxiv.org/abs/1508.04025
 *
 * When not to use it: where several places matter at once; see `gaussianWindow`.
 *
 * @param center Predicted positions, any real numbers, `[batch, queryLength]`; differentiable.
 * @returns Scores `[batch, queryLength, keyLength]`, 0 at the centre and negative elsewhere.
 * @throws HeedError if the centres are not float32 of rank 2, or a number is out of range.
 */
export function gaussianScore(center: tf.Tensor2D, options: GaussianScoreOptions): tf.Tensor3D {
	const where = "gaussianScore";
	checkOptions(where, options, ["keyLength", "sigma", "firstPosition"]);
	checkRank(where, "center", center, ["batch", "queryLength"]);
	checkDtype(where, "center", center, "float32");
	const { keyLength, sigma, firstPosition = 0 } = options;
	checkNumber(where, "keyLength", keyLength, { integer: true, min: 1 });
	checkNumber(where, "sigma", sigma, { above: 0 });
	checkNumber(where, "firstPosition", firstPosition);
	return tf.tidy(() => {
		const positions = tf.add(tf.range(0, keyLength), firstPosition); // [Tk]
		const distances = tf.sub(positions, tf.expandDims(center, 2)); // [B, Tq, Tk]
		return tf.mul(tf.square(distances), -1 / (2 * sigma * sigma)) as tf.Tensor3D;
	});
}
