import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

const length = 16_384;
const dim = 64;
const megabyte = 1024 * 1024;

/** The most bytes that were alive at the end of any kernel of `work`, beyond those alive before. */
function peakBytes(work: () => tf.TensorContainer): number {
	const engine = tf.engine();
	const { runKernel } = engine;
	const before = tf.memory().numBytes;
	let peak = 0;
	engine.runKernel = (<T extends tf.Tensor | tf.Tensor[]>(...args: Parameters<typeof runKernel>): T => {
		const result = runKernel.apply(engine, args) as T;
		peak = Math.max(peak, tf.memory().numBytes - before);
		return result;
	}) as typeof runKernel;
	try {
		tf.dispose(work());
	} finally {
		engine.runKernel = runKernel;
	}
	return peak;
}

describeOnEveryBackend("memory of blocked attention", (backend) => {
	const attend = (...[q, k]: tf.Tensor[]): tf.Tensor =>
		scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, k as tf.Tensor4D, {
			implementation: "blocked",
		});
	const gradients = (...tensors: tf.Tensor[]): tf.Tensor[] => tf.grads(attend)(tensors);

	/** The peak of `work` with so many queries, on all keys. */
	const peakAt = (queries: number, work: (...tensors: tf.Tensor[]) => tf.TensorContainer): number => {
		const q = tf.ones<tf.Rank.R4>([1, 1, queries, dim]);
		const k = tf.ones<tf.Rank.R4>([1, 1, length, dim]);
		const peak = peakBytes(() => work(q, k));
		tf.dispose([q, k]);
		return peak;
	};

	/**
	 * The peak with `length` queries. Every block of queries takes the same memory, and only what is kept per query grows,
	 * so two small numbers of queries give the line: all of them take minutes with the host's kernels. The forward pass on the
	 * wasm backend, where the same code runs, is computed whole, and must meet the line.
	 */
	const peakAtLength = (work: (...tensors: tf.Tensor[]) => tf.TensorContainer): number => {
		const [few, more] = [128, 256];
		const [low, high] = [peakAt(few, work), peakAt(more, work)];
		const bytesPerQuery = (high - low) / (more - few);
		expect(bytesPerQuery).toBeGreaterThan(dim * 4); // the output at least: the counter does count
		return high + (length - more) * bytesPerQuery;
	};

	test(`length ${length}: at most 64 MB beyond the inputs, where the scores alone would be 1 GB`, () => {
		const peak = peakAtLength(attend);
		if (backend === "wasm") expect(Math.abs(peakAt(length, attend) - peak)).toBeLessThan(0.05 * peak);
		console.info(`forward on ${backend}: ${(peak / megabyte).toFixed(1)} MB at the peak`);
		expect(peak).toBeGreaterThan(length * dim * 4);
		expect(peak).toBeLessThan(64 * megabyte);
	});

	test("the same bound holds with the gradients of all inputs", () => {
		const peak = peakAtLength(gradients);
		console.info(`forward and backward on ${backend}: ${(peak / megabyte).toFixed(1)} MB at the peak`);
		expect(peak).toBeLessThan(64 * megabyte);
	}, 300_000);
});
