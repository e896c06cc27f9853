import "@heed/backend-wasm";
import { entmax15, hardmax, maskedSoftmax, sigmoidNormalizer, sparsemax, topKSoftmax } from "@heed/core";
import type { AttentionMap } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";

const scores = [-1, 0, 0.4, 1.2, 1.6, 0.4, -0.6];

/** The same scores through every normaliser: a row for each. */
export function normalizers(): AttentionMap {
	const rows: Record<string, (x: tf.Tensor1D) => tf.Tensor> = {
		softmax: (x) => maskedSoftmax(x),
		entmax15: (x) => entmax15(x),
		sparsemax: (x) => sparsemax(x),
		"top-3 softmax": (x) => topKSoftmax(x, { k: 3 }),
		hardmax: (x) => hardmax(x),
		sigmoid: (x) => sigmoidNormalizer(x),
	};
	const weights = tf.tidy(() =>
		Object.values(rows).flatMap((row) => [...row(tf.tensor1d(scores)).dataSync()]),
	);
	return {
		title: "The same scores, normalised",
		queryTokens: Object.keys(rows),
		keyTokens: scores.map(String),
		weights,
		axisLabels: { query: "normaliser", key: "score" },
	};
}
