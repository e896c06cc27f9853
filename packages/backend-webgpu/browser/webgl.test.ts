import "@tensorflow/tfjs-backend-webgl";
import { scaledDotProductAttention } from "@heed/core";
import { expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it, vi } from "vitest";
import { describeBackend } from "../src/index.ts";
import { tellOfMissingKernels } from "../src/missing-kernels.ts";

/** The output and the gradients of causal attention on a backend. */
async function compute(backend: string): Promise<Float32Array[]> {
	expect(await tf.setBackend(backend)).toBe(true);
	tf.engine().startScope();
	const inputs = [1, 2, 3].map((seed) => randomTensor<tf.Rank.R4>([2, 2, 9, 5], seed));
	const attend = (...[q, k, v]: tf.Tensor[]): tf.Tensor =>
		scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, { causal: true });
	const values: Float32Array[] = [];
	for (const tensor of [attend(...inputs), ...tf.grads(attend)(inputs)]) {
		values.push((await tensor.data()) as Float32Array);
	}
	tf.engine().endScope();
	return values;
}

describe("on WebGL", () => {
	afterAll(async () => {
		await tf.setBackend("webgpu");
		tf.removeBackend("webgl");
	});

	it("stock operations compute attention and its gradients, and it is said once", async () => {
		const said = vi.spyOn(console, "info");
		said.mockReturnValue();
		tellOfMissingKernels();
		const expected = await compute("cpu");
		expect(said).not.toHaveBeenCalled();
		const values = await compute("webgl");
		expect(said).toHaveBeenCalledTimes(1);
		expect(said.mock.calls[0]?.[0]).toContain(
			"runs as stock operations on the backend 'webgl'. WebGPU is here",
		);
		said.mockRestore();
		expect(tf.backend().constructor.name).toMatch(/WebGL/);
		expect(describeBackend().kernels.map(({ active }) => active)).toEqual([false, false, false, false]);
		for (const [i, array] of values.entries()) expectClose(array, expected[i] ?? [], { atol: 1e-4 });
	});
});
