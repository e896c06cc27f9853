import { Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { RecurrentEncoder } from "./recurrent-encoder.ts";

describeOnEveryBackend("the recurrent encoder", () => {
	it.each(["gru", "lstm"] as const)("encodes a sentence as it would alone, whatever pads it: %s", (cell) => {
		const options = { vocabularySize: 11, embeddingSize: 3, units: 5, layers: 2, cell };
		const parameters = new Parameters({ seed: 2 });
		const encoder = new RecurrentEncoder(parameters, options);
		tf.tidy(() => {
			const ids = tf.tensor2d([4, 5, 0, 0, 7, 8, 9, 4], [2, 4], "int32");
			const both = encoder.encode(ids, tf.tensor1d([2, 4], "int32"));
			const alone = encoder.encode(tf.tensor2d([4, 5], [1, 2], "int32"));
			expect(both.memory.shape).toEqual([2, 4, 10]);
			expectClose(tf.slice(both.memory, [0, 0, 0], [1, 2, -1]), alone.memory, { atol: 1e-6 });
			expectClose(tf.slice(both.memory, [0, 2, 0], [1, 2, -1]), new Array(20).fill(0));
			both.state.forEach((layer, i) => {
				layer.forEach((direction, j) => {
					direction.forEach((part, k) => {
						expectClose(tf.slice(part, [0, 0], [1, -1]), alone.state[i]?.[j]?.[k] as tf.Tensor, {
							atol: 1e-6,
						});
					});
				});
			});
			expect(() => encoder.encode(tf.tensor2d([1.5], [1, 1]))).toThrow(/ids is float32; expected int32/);
			expect(() => encoder.encode(ids, tf.tensor1d([2, 4]))).toThrow(/lengths is float32; expected int32/);
			expect(() => encoder.encode(ids, tf.tensor1d([2, 5], "int32"))).toThrow(
				/lengths\[1\] is 5; expected 0 to 4/,
			);
			expect(() => encoder.encode(tf.zeros([0, 4], "int32"))).toThrow(/ids \[batch 0, source 4\] is empty/);
		});
		parameters.dispose();
	});
});
