import { onKernelPath } from "@heed/core";
import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import type { Seq2SeqBatch } from "./seq2seq-batch.ts";
import { Transformer } from "./transformer.ts";

const steps = 4;

/** The losses of a few steps of Adam on a backend, each before its step, and which paths attention took. */
async function train(backend: string): Promise<{ losses: number[]; paths: Set<string> }> {
	await tf.setBackend(backend);
	const paths = new Set<string>();
	const stop = onKernelPath(({ path }) => paths.add(path));
	const model = new Transformer({
		sourceVocabularySize: 11,
		targetVocabularySize: 7,
		modelDim: 12,
		numHeads: 3,
		hiddenDim: 20,
		encoderLayers: 1,
		decoderLayers: 1,
		dropout: 0.1,
		seed: 4,
	});
	const rows = (values: number[][]): tf.Tensor2D => tf.tensor2d(values, undefined, "int32");
	const batch: Seq2SeqBatch = {
		source: rows([
			[5, 3, 4, 0, 0],
			[2, 6, 4, 1, 6],
			[7, 8, 9, 10, 0],
		]),
		sourceLengths: tf.tensor1d([3, 5, 4], "int32"),
		target: rows([
			[1, 4, 5, 2, 0, 0],
			[1, 6, 5, 4, 3, 2],
			[1, 3, 3, 6, 2, 0],
		]),
		targetLengths: tf.tensor1d([4, 6, 5], "int32"),
	};
	const optimizer = tf.train.adam(0.02);
	const losses: number[] = [];
	for (let step = 0; step < steps; step++) {
		const loss = () => model.loss(batch, { labelSmoothing: 0.1, trainingSeed: step + 1 });
		const cost = optimizer.minimize(loss, true, [...model.weights.values()]) as tf.Scalar;
		losses.push(Number((await cost.data())[0]));
		cost.dispose();
	}
	stop();
	optimizer.dispose();
	model.dispose();
	tf.dispose(Object.values(batch));
	return { losses, paths };
}

describeOnEveryBackend("training a Transformer", (backend) => {
	it("gives the losses that it gives on the cpu backend, with dropout", async () => {
		const { losses: expected } = await train("cpu");
		const { losses, paths } = await train(backend);
		expectClose(losses, expected, { atol: 1e-4 });
		expect(losses[steps - 1]).toBeLessThan(losses[0] as number);
		if (backend === "webgpu") expect([...paths]).toEqual(["fused"]);
	});
});
