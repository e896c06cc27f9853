import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { stopGradient } from "./stop-gradient.ts";
import { straightThrough } from "./straight-through.ts";

describeOnEveryBackend("cutting gradients", () => {
	it("stopGradient gives the same numbers, of any element type", () => {
		for (const dtype of ["float32", "int32", "bool"] as const) {
			const x = tf.tensor([1, 0, 1], [3], dtype);
			const y = stopGradient(x);
			expect(y.dtype).toBe(dtype);
			expectClose(y, x);
		}
	});

	it("stopGradient makes a constant of what comes before it", () => {
		const x = tf.tensor1d([1, 5, 2]);
		expectClose(tf.grad((v) => tf.sum(tf.mul(v, stopGradient(tf.mul(v, v)))))(x), [1, 25, 4]);
		expect(() => tf.grad((v) => tf.sum(stopGradient(v)))(x)).toThrow(/Cannot compute gradient/);
	});

	it("stopGradient lets ops without a gradient follow", () => {
		const x = tf.tensor1d([1, 5, 2]);
		const largest = (v: tf.Tensor): tf.Tensor => {
			const index = tf.argMax(stopGradient(v)) as tf.Tensor<tf.Rank.R0>;
			return tf.sum(tf.mul(v, tf.cast(tf.oneHot(tf.reshape<tf.Rank.R1>(index, [1]), 3), "float32")));
		};
		expectClose(tf.grad(largest)(x), [0, 1, 0]);
	});

	it("stopGradient works inside nested gradients", () => {
		const x = tf.tensor1d([1, 5, 2]);
		const inner = (v: tf.Tensor): tf.Tensor => tf.grad((w) => tf.mul(tf.square(w), stopGradient(w)))(v); // 2 w · const
		expectClose(tf.grad(inner)(x), [2, 10, 4]);
	});

	it("straightThrough has the values of hard, bit for bit, and the gradient of soft", () => {
		const soft = randomTensor([3, 5], 1);
		const upstream = randomTensor([3, 5], 2);
		const hard = (x: tf.Tensor): tf.Tensor => tf.mul(tf.cast(tf.greater(x, 0.1), "float32"), 1 / 3);
		expect(straightThrough(hard(soft), soft).dataSync()).toEqual(hard(soft).dataSync());
		const f = (x: tf.Tensor): tf.Tensor => straightThrough(hard(x), tf.mul(x, 2));
		expectClose(tf.grad(f)(soft, upstream), tf.mul(upstream, 2));
	});

	it("leave nothing behind and refuse what does not fit", () => {
		const x = randomTensor([3, 5], 1);
		expectNoLeak(() => stopGradient(x));
		expectNoLeak(() => straightThrough(x, x));
		expectNoLeak(() => tf.grad((v) => tf.mul(v, straightThrough(stopGradient(v), v)))(x));
		const calls: [() => tf.Tensor, RegExp][] = [
			[() => straightThrough(tf.zeros([5, 3]), x), /hard .*5.*3.* does not match soft \[3, 5\]/],
			[() => straightThrough(tf.zeros([3, 5], "int32"), x), /straightThrough: hard is int32/],
		];
		for (const [call, message] of calls) {
			expect(() => tf.tidy(call)).toThrow(message);
			expectNoLeak(() => tf.tidy(call), { throws: true });
		}
	});
});
