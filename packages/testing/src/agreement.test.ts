import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectSameAsCpu } from "./agreement.ts";
import { useBackend } from "./backends.ts";

describe("expectSameAsCpu", () => {
	useBackend("cpu");

	it("accepts the same numbers, and leaves the other backend in use", async () => {
		await expectSameAsCpu("wasm", () => [tf.add(tf.tensor([1, 2]), 1), tf.scalar(3, "int32")]);
		expect(tf.getBackend()).toBe("wasm");
	});

	it("refuses other numbers, shapes, types, counts, and leaks", async () => {
		const onWasm = <T>(there: T, here: T): T => (tf.getBackend() === "wasm" ? there : here);
		const check = (compute: () => tf.Tensor | tf.Tensor[]): Promise<void> => expectSameAsCpu("wasm", compute);
		await expect(check(() => tf.scalar(onWasm(1, 2)))).rejects.toThrow(/values differ/);
		await expect(check(() => tf.zeros(onWasm([2, 3], [3, 2])))).rejects.toThrow(/shape/);
		await expect(check(() => tf.zeros([2], onWasm("int32", "float32")))).rejects.toThrow(/type/);
		await expect(check(() => onWasm([], [tf.scalar(1)]))).rejects.toThrow();
		await expect(check(() => tf.keep(tf.scalar(1)) && tf.keep(tf.scalar(1)))).rejects.toThrow(/left behind/);
	});
});
