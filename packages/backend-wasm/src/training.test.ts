import { expectClose, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import "./index.ts";

/** Trains an embedding, two convolutions and a projection to tell two kinds of sequences apart; returns the losses. */
async function train(backend: string): Promise<{ losses: number[]; embedding: Float32Array }> {
	await tf.setBackend(backend);
	const variables = [
		tf.variable(tf.randomUniform([11, 8], -0.3, 0.3, "float32", 1)),
		tf.variable(tf.randomUniform([1, 3, 8, 6], -0.3, 0.3, "float32", 2)),
		tf.variable(tf.randomUniform([1, 3, 6, 2], -0.3, 0.3, "float32", 3)),
		tf.variable(tf.randomUniform([12, 2], -0.3, 0.3, "float32", 4)),
	] as const;
	const [embedding, filter, depthwise, projection] = variables;
	const ids = Array.from({ length: 20 }, (_, row) =>
		Array.from({ length: 7 }, (_, t) => (row * (t + 2) + t * t) % 11),
	);
	const labels = ids.map((row) => ((row[3] ?? 0) > 4 ? 1 : 0));
	const x = tf.tensor2d(ids, undefined, "int32");
	const y = tf.oneHot(tf.tensor1d(labels, "int32"), 2);
	const optimizer = tf.train.adam(0.02);
	const losses: number[] = [];
	for (let step = 0; step < 60; step++) {
		const loss = optimizer.minimize(
			() => {
				const embedded = tf.expandDims(tf.gather(embedding, x), 1); // [N, 1, T, 8]
				const convolved = tf.tanh(tf.conv2d(embedded as tf.Tensor4D, filter as tf.Tensor4D, 1, "same"));
				const deep = tf.tanh(
					tf.depthwiseConv2d(convolved as tf.Tensor4D, depthwise as tf.Tensor4D, 1, "same"),
				);
				const features = tf.reshape(tf.maxPool(deep as tf.Tensor4D, [1, 7], 1, "valid"), [20, 12]);
				const logProbabilities = tf.logSoftmax(tf.matMul(features, projection as tf.Tensor2D));
				return tf.neg(tf.mean(tf.sum(tf.mul(y, logProbabilities), 1))) as tf.Scalar;
			},
			true,
			[...variables],
		);
		losses.push(loss?.dataSync()[0] ?? Number.NaN);
		loss?.dispose();
	}
	const values = Float32Array.from(embedding.dataSync());
	optimizer.dispose();
	tf.dispose([...variables, x, y]);
	return { losses, embedding: values };
}

describe("training on wasm", () => {
	useBackend("wasm");

	it("learns embeddings and convolutions, as cpu does", async () => {
		const cpu = await train("cpu");
		const wasm = await train("wasm");
		expect(wasm.losses.at(-1)).toBeLessThan(0.3 * (wasm.losses[0] ?? 0));
		expectClose(wasm.losses, cpu.losses, { atol: 5e-3 });
		expectClose(wasm.embedding, cpu.embedding, { atol: 2e-2 });
	});
});
