import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { useBackend } from "./backends.ts";
import { expectClose } from "./close.ts";

describe("expectClose", () => {
	useBackend("cpu");

	it("accepts what is within the tolerances, absolute or relative", () => {
		expectClose([1, 2], [1 + 1e-6, 2]);
		expectClose(tf.tensor([1000]), [1000.5], { atol: 0, rtol: 1e-3 });
		expectClose([0], [1e-3], { atol: 1e-2 });
		expectClose([], []);
	});

	it("refuses what is not, and names the worst place", () => {
		expect(() => expectClose([1, 2, 3], [1, 2.1, 4], { label: "here" })).toThrow(
			/here: 2 of 3 values differ; the worst is at index 2: got 3, expected 4/,
		);
		expect(() => expectClose([1000.5], [1000], { atol: 0.1, rtol: 0 })).toThrow(/1 of 1/);
	});

	it("lets NaN and infinities match only themselves", () => {
		const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
		expectClose([Number.NaN, low, high], [Number.NaN, low, high]);
		for (const [actual, expected] of [
			[Number.NaN, 0],
			[0, Number.NaN],
			[high, 1e38],
			[1, high],
			[low, high],
			[Number.NaN, high],
		] as const) {
			expect(
				() => expectClose([actual], [expected], { atol: 1, rtol: 1 }),
				`${actual} ${expected}`,
			).toThrow();
		}
	});

	it("refuses other shapes and other numbers of values", () => {
		expect(() => expectClose(tf.zeros([2, 3]), tf.zeros([3, 2]))).toThrow(/shape/);
		expect(() => expectClose(tf.zeros([2]), [0])).toThrow(/number of values/);
		expect(() => expectClose([], [0])).toThrow(/number of values/);
	});
});
