import { ADAM_STEP, type AdamStepAttributes } from "@heed/core";
import { expectClose, expectNoLeak, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import "../index.ts";

const attributes: AdamStepAttributes = { beta1: 0.9, beta2: 0.99, rate: 0.01, epsilon: 1e-5, keep: 0.98 };

const step = (...tensors: tf.Tensor[]): tf.Tensor[] => {
	const [variable, gradient, mean, square] = tensors as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
	const inputs = { variable, gradient, mean, square };
	return tf.engine().runKernel(ADAM_STEP, inputs, { ...attributes }) as unknown as tf.Tensor[];
};

const make = (shape: number[]): tf.Tensor[] => [
	...[1, 2, 3].map((seed) => randomTensor(shape, seed)),
	tf.tidy(() => tf.abs(randomTensor(shape, 4))),
];

describe("an update of Adam on wasm", () => {
	useBackend("wasm");

	it.each([[[1]], [[3]], [[4]], [[7, 5]], [[0]]])("is its formula, within bounds: %j", (shape) => {
		withGuardedMemory(() => {
			const inputs = make(shape);
			const outputs = step(...inputs);
			const [w, g, m, s] = inputs.map((tensor) => tensor.dataSync()) as [
				tf.TypedArray,
				tf.TypedArray,
				tf.TypedArray,
				tf.TypedArray,
			];
			const { beta1, beta2, rate, epsilon, keep } = attributes;
			const mean = Array.from(g, (slope, i) => beta1 * (m[i] ?? 0) + slope);
			const square = Array.from(g, (slope, i) => beta2 * (s[i] ?? 0) + slope * slope);
			const weights = mean.map(
				(sum, i) => keep * (w[i] ?? 0) - (rate * sum) / (Math.sqrt(square[i] ?? 0) + epsilon),
			);
			[weights, mean, square].forEach((expected, i) => {
				expectClose(outputs[i] ?? [], expected, { atol: 1e-6 });
			});
			tf.dispose([...inputs, ...outputs]);
		});
	});

	it("lets a vanishing mean become 0, and refuses tensors that do not fit", () => {
		tf.tidy(() => {
			const tiny = tf.fill([5], 1e-31);
			const [weights, mean] = step(tf.ones([5]), tf.zeros([5]), tiny, tf.zeros([5]));
			expectClose(mean ?? [], new Float32Array(5));
			expectClose(weights ?? [], new Float32Array(5).fill(0.98));
			expect(() => step(tf.ones([5]), tf.zeros([4]), tiny, tiny)).toThrow(
				"a float32 tensor [4] came; expected float32 [5]",
			);
		});
		const inputs = make([3]);
		expectNoLeak(() => step(...inputs));
		tf.dispose(inputs);
	});
});
