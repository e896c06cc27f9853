import { expectClose, expectNoLeak, expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import "../index.ts";

const spread = (limit: number): Float32Array =>
	Float32Array.from({ length: 20_003 }, (_, i) => ((i - 10_001) / 10_001) * limit);
const small = Float32Array.from({ length: 41 }, (_, i) => 10 ** -(i + 1)).filter((x) => x > 1.2e-38);
const odd = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, Number.NaN, 1e30, -1e30];

describe("functions of single numbers on wasm", () => {
	useBackend("wasm");

	it("Tanh is right to 3e-7 of its value, and never beyond 1", () => {
		for (const values of [spread(12.5), spread(1), small]) {
			const result = tf.tanh(values);
			expectClose(result, Array.from(values, Math.tanh), { atol: 0, rtol: 3e-7 });
			expect(tf.max(tf.abs(result)).dataSync()[0]).toBeLessThanOrEqual(1);
		}
		expect([...tf.tanh(odd).dataSync()]).toEqual([1, -1, 0, -0, Number.NaN, 1, -1]);
	});

	it("Sigmoid keeps its precision where it is small", () => {
		const values = spread(20);
		const reference = Array.from(values, (x) => 1 / (1 + Math.exp(-x)));
		expectClose(tf.sigmoid(values), reference, { atol: 0, rtol: 2e-6 });
		expect([...tf.sigmoid(odd).dataSync()]).toEqual([1, 0, 0.5, 0.5, Number.NaN, 1, 0]);
	});

	it("Exp is as exact as its argument, up to the ends of float32", () => {
		for (const x of [spread(1), spread(86.9), Float32Array.of(88.5, 88.7, 88.72)]) {
			const relative = 3e-7 + Math.max(...x.map(Math.abs)) * 6e-8;
			expectClose(tf.exp(x), Array.from(x, Math.exp), { atol: 0, rtol: relative });
		}
		const edges = [88.73, 200, -110, ...odd];
		const [huge, none] = [Number.POSITIVE_INFINITY, 0];
		expect([...tf.exp(edges).dataSync()]).toEqual([
			huge,
			huge,
			none,
			huge,
			none,
			1,
			1,
			Number.NaN,
			huge,
			none,
		]);
	});

	it.each([
		["tanh", tf.tanh],
		["sigmoid", tf.sigmoid],
		["exp", tf.exp],
	] as const)("%s has the host's gradient, works on every length and leaves nothing", async (_, f) => {
		for (const length of [0, 1, 3, 4, 7, 64]) {
			const compute = (): tf.Tensor => tf.grad((x) => tf.sum(f(x)))(randomTensor([length], 1));
			await expectSameAsCpu("wasm", compute, { atol: 1e-6 });
		}
		expectNoLeak(() => tf.tidy(() => f(randomTensor([3, 5], 1))));
	});

	it("leaves whole numbers to the host", async () => {
		await expectSameAsCpu("wasm", () => tf.exp(tf.tensor1d([0, 1, 2], "int32")), { atol: 1e-5 });
	});
});
