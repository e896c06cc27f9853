import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkRank, describeShape } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";
import { checkParameter } from "./check-scores.ts";

/** Options of {@link gaussianWindow}. */
export interface GaussianWindowOptions {
	/** Heights of the components, positive, `[batch, queryLength, components]`. */
	readonly amplitude: tf.Tensor3D;
	/** How narrow the components are, positive, `[batch, queryLength, components]`. */
	readonly precision: tf.Tensor3D;
	/** How many keys there are. */
	readonly keyLength: number;
	/** The position of the first key. Default 0; the paper counts from 1. */
	readonly firstPosition?: number | undefined;
}

const axes = ["batch", "queryLength", "components"];

/**
 * Graves' soft window: a mixture of Gaussians over positions, used as weights as it is.
 *
 *     B batch, Tq and Tk lengths, K components, u = firstPosition + j
 *     weight(b, i, j) = sum over k of amplitude_k · exp(-precision_k · (center_k - u)²)
 *
 * The weights do not sum to 1. In the paper all three are exponentials of what the network gives, and the centres move forward
 * only, `center_t = center_(t-1) + exp(step)`; that state belongs to the caller.
 *
 * Graves 2013, Generating Sequences With Recurrent Neural Networks, https://arxiv.org/abs/1308.0850
 *
 * When not to use it: where the content of the keys should decide.
 *
 * @param center Positions of the components, `[batch, queryLength, components]`.
 * @returns Weights `[batch, queryLength, keyLength]`, differentiable in all three.
 * @throws HeedError if centres, amplitudes and precisions differ in shape, or a number is out of range.
 */
export function gaussianWindow(center: tf.Tensor3D, options: GaussianWindowOptions): tf.Tensor3D {
	const where = "gaussianWindow";
	checkOptions(where, options, ["amplitude", "precision", "keyLength", "firstPosition"]);
	const { amplitude, precision, keyLength, firstPosition = 0 } = options;
	checkRank(where, "center", center, axes);
	checkDtype(where, "center", center, "float32");
	const reason = describeShape("center", center.shape, axes);
	checkParameter(where, "amplitude", amplitude, axes, center.shape, reason);
	checkParameter(where, "precision", precision, axes, center.shape, reason);
	checkNumber(where, "keyLength", keyLength, { integer: true, min: 1 });
	checkNumber(where, "firstPosition", firstPosition);
	if (center.size === 0) {
		const [batch, queryLength] = center.shape;
		return zerosFor<tf.Rank.R3>([batch, queryLength, keyLength], center, amplitude, precision);
	}
	return tf.tidy(() => {
		const positions = tf.add(tf.range(0, keyLength), firstPosition); // [Tk]
		const distances = tf.sub(tf.expandDims(center, 3), positions); // [B, Tq, K, Tk]
		const exponents = tf.mul(tf.expandDims(precision, 3), tf.square(distances)); // [B, Tq, K, Tk]
		const components = tf.mul(tf.expandDims(amplitude, 3), tf.exp(tf.neg(exponents))); // [B, Tq, K, Tk]
		return tf.sum(components, 2) as tf.Tensor3D; // [B, Tq, Tk]
	});
}
