import { expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostMemory } from "../host-memory.ts";
import "../index.ts";

/** The host's own cast to bool is wrong on wasm: it cuts the bits. */
const ofType = (dtype: string, x: tf.Tensor): tf.Tensor =>
	dtype === "bool" ? tf.greater(x, 0) : dtype === "int32" ? tf.cast(tf.mul(x, 9), "int32") : x;

describe("Slice, SplitV, Unpack and GatherV2 on wasm", () => {
	useBackend("wasm");

	it("any slice of any tensor (property)", async () => {
		const axis = fc.record({ before: fc.nat(3), taken: fc.nat(4), after: fc.nat(3) });
		await fc.assert(
			fc.asyncProperty(
				fc.array(axis, { minLength: 1, maxLength: 5 }),
				fc.constantFrom("float32", "int32", "bool"),
				async (axes, dtype) => {
					const shape = axes.map(({ before, taken, after }) => before + taken + after);
					await expectSameAsCpu("wasm", () =>
						tf.slice(
							ofType(dtype, randomTensor(shape, 1)),
							axes.map(({ before }) => before),
							axes.map(({ taken }) => taken),
						),
					);
				},
			),
			{ seed: 1, numRuns: 60 },
		);
	});

	it("a slice to the end, and one that does not fit", async () => {
		await expectSameAsCpu("wasm", () => tf.slice(randomTensor([5, 7], 1), [2, 3]));
		expect(() => tf.slice(tf.zeros([5, 7]), [2, 3], [4, 1])).toThrow();
	});

	it("a slice that begins at a negative index goes through the host, which takes some and refuses others", async () => {
		await expectSameAsCpu("wasm", () => tf.slice(tf.range(0, 7), [-3], [2]));
		expect(() => tf.slice(tf.zeros([3, 4]), [-1, 1], [1, 2])).toThrow("does not support negative begin");
	});

	it.each([0, 1, 2, -1])("split along axis %s", async (axis) => {
		await expectSameAsCpu("wasm", () => tf.split(randomTensor([6, 6, 6], 1), [1, 3, 2], axis));
		await expectSameAsCpu("wasm", () => tf.split(randomTensor([6, 60, 6], 1), 3, axis));
	});

	it.each([0, 1, 2, -1])("unstack and the gradient of stack along axis %s", async (axis) => {
		await expectSameAsCpu("wasm", () => tf.unstack(randomTensor([3, 5, 7], 1), axis));
		await expectSameAsCpu("wasm", () =>
			tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.square(tf.stack(xs, axis))))([
				randomTensor([3, 5], 1),
				randomTensor([3, 5], 2),
			]),
		);
	});

	it("gather along any axis, with batches, of any type", async () => {
		const ids = (): tf.Tensor => tf.tensor2d([2, 0, 1, 1, 2, 2], [3, 2], "int32");
		for (const axis of [0, 1, 2])
			await expectSameAsCpu("wasm", () => tf.gather(randomTensor([3, 5, 29], 1), ids(), axis));
		await expectSameAsCpu("wasm", () => tf.gather(randomTensor([3, 5, 7], 1), ids(), 1, 1));
		await expectSameAsCpu("wasm", () => tf.gather(ofType("bool", randomTensor([3, 2], 1)), ids()));
		await expectSameAsCpu("wasm", () => tf.gather(tf.range(0, 9, 1, "int32"), ids()));
	});

	it("gather refuses an index outside", () => {
		expect(() => tf.gather(tf.zeros([3, 2]), tf.tensor1d([3], "int32"))).toThrow(
			"the index value 3 is not in [0, 2]",
		);
		expect(() => tf.gather(tf.zeros([3, 2]), tf.tensor1d([-1], "int32"))).toThrow(
			"the index value -1 is not in [0, 2]",
		);
	});

	it("text still goes through the host", () => {
		const words = tf.tensor1d(["a", "b", "c"]);
		expect(tf.slice(words, 1, 2).dataSync()).toEqual(["b", "c"]);
		expect(tf.clone(words).dataSync()).toEqual(["a", "b", "c"]);
		expect(tf.unstack(words).map((word) => word.dataSync()[0])).toEqual(["a", "b", "c"]);
	});
});

describe("Identity on wasm", () => {
	useBackend("wasm");

	it("shares the numbers, and either handle outlives the other", () => {
		const x = randomTensor([3, 5], 1);
		const values = [...x.dataSync()];
		const buffers = tf.memory().numDataBuffers;
		const bytes = hostMemory(tf.backend())?.view(x).byteOffset;
		const copy = tf.clone(x);
		expect(tf.memory().numDataBuffers).toBe(buffers);
		expect(hostMemory(tf.backend())?.view(copy).byteOffset).toBe(bytes);
		x.dispose();
		expect([...copy.dataSync()]).toEqual(values);
		copy.dispose();
	});
});
