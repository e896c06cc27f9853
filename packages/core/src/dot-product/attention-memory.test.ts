import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

const length = 16_384;
const dim = 64;
const megabyte = 1024 * 1024;

/** The most bytes that were alive at the end of any kernel of `work`, beyond those alive before. */
function peakBytes(work: () => tf.Tensor): number {
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
		work().dispose();
	} finally {
		engine.runKernel = runKernel;
	}
	return peak;
}

// Every block of queries takes the same memory, so a few blocks show the peak. The cpu backend needs minutes for all of
// them (such a run peaks at the same); the bytes of the rows left out are added.
const queries = { cpu: 256, wasm: length } as Record<string, number>;

describeOnEveryBackend("memory of blocked attention", (backend) => {
	const rows = queries[backend] ?? length;
	const leftOut = 2 * (length - rows) * (dim + 1) * 4;

	test(`length ${length}: at most 64 MB beyond the inputs, where the scores alone would be 1 GB`, () => {
		const q = tf.ones<tf.Rank.R4>([1, 1, rows, dim]);
		const k = tf.ones<tf.Rank.R4>([1, 1, length, dim]);
		const peak = peakBytes(() => scaledDotProductAttention(q, k, k, { implementation: "blocked" }));
		tf.dispose([q, k]);
		console.info(`forward on ${backend}: ${((peak + leftOut) / megabyte).toFixed(1)} MB at the peak`);
		expect(peak).toBeGreaterThan(length * dim * 4); // the keys are transposed once: the counter does count
		expect(peak + leftOut).toBeLessThan(64 * megabyte);
	});

	test("the gradient, too, takes blocks only", () => {
		const rows = 256;
		const leftOut = 3 * (length - rows) * (dim + 1) * 4; // output, its gradient, the query's gradient
		const q = tf.ones<tf.Rank.R4>([1, 1, rows, dim]);
		const k = tf.ones<tf.Rank.R4>([1, 1, length, dim]);
		const attend = (...[a, b]: tf.Tensor[]): tf.Tensor =>
			scaledDotProductAttention(a as tf.Tensor4D, b as tf.Tensor4D, b as tf.Tensor4D, {
				implementation: "blocked",
			});
		const peak = peakBytes(() => tf.grads(attend)([q, k])[1] as tf.Tensor);
		tf.dispose([q, k]);
		console.info(
			`forward and backward on ${backend}: ${((peak + leftOut) / megabyte).toFixed(1)} MB at the peak`,
		);
		expect(peak + leftOut).toBeLessThan(64 * megabyte);
	});
});
