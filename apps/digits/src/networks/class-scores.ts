import * as tf from "@tensorflow/tfjs-core";
import { classes } from "./recognizer.ts";

/** The share of rows whose largest number is that of the label. */
export function accuracyOf(scores: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
	return tf.mean(tf.cast(tf.equal(tf.argMax(scores, 1), labels), "float32")) as tf.Scalar;
}

/** The mean cross entropy of log-probabilities. */
export function crossEntropyOf(logProbs: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
	const target = tf.cast(tf.oneHot(labels, classes), "float32");
	return tf.neg(tf.mean(tf.sum(tf.mul(logProbs, target), 1))) as tf.Scalar;
}
