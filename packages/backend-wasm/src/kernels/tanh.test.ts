import { expectClose, expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import "../index.ts";

describe("Tanh on wasm", () => {
	useBackend("wasm");

	it("is right to the last bits of float32 everywhere", () => {
		const x = Float32Array.from({ length: 20001 }, (_, i) => (i - 10000) / 800); // -12.5 to 12.5
		const small = Float32Array.from({ length: 40 }, (_, i) => 10 ** -(i + 1));
		for (const values of [x, small]) {
			expectClose(tf.tanh(values), Array.from(values, Math.tanh), { atol: 0, rtol: 1.2e-7 });
		}
	});

	it("knows infinities, signed zeros and NaN", () => {
		const odd = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, Number.NaN, 1e30, -1e30];
		expect([...tf.tanh(tf.tensor1d(odd)).dataSync()]).toEqual([1, -1, 0, -0, Number.NaN, 1, -1]);
	});

	it("has the host's gradient", async () => {
		await expectSameAsCpu("wasm", () => tf.grad((x) => tf.sum(tf.tanh(x)))(randomTensor([3, 5], 1)));
	});
});
