import { scaledDotProductAttention } from "@heed/core";
import { randomTensor } from "@heed/testing";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { warmUp } from "../index.ts";

describe("warmUp", () => {
	beforeAll(() => tf.setBackend("webgpu"));

	it("compiles all that the calls need, forward, backward and decoding", async () => {
		const { device } = tf.backend() as WebGPUBackend;
		const make = vi.spyOn(device, "createComputePipeline");
		const compiled = await warmUp([
			{ query: [1, 2, 9, 12], key: [1, 1, 7, 12], bias: [1, 2, 9, 1], causal: true, sinks: true },
			{ query: [1, 2, 1, 12], key: [1, 1, 7, 12], gradients: false, causal: true },
			{ query: [1, 2, 1, 12], key: [1, 1, 700, 12], gradients: false },
		]);
		expect(compiled).toBe(7 + 1 + 2);
		const [q, k, v] = [
			randomTensor<tf.Rank.R4>([3, 4, 5, 12], 1), // other lengths and batch
			randomTensor<tf.Rank.R4>([3, 2, 8, 12], 2),
			randomTensor<tf.Rank.R4>([3, 2, 8, 12], 3),
		] as const;
		const [bias, sinks] = [randomTensor<tf.Rank.R4>([1, 4, 5, 1], 4), randomTensor<tf.Rank.R1>([4], 5)];
		const attend = (query: tf.Tensor): tf.Tensor =>
			scaledDotProductAttention(query as tf.Tensor4D, k, v, { causal: true, bias, sinks });
		const gradient = tf.grad(attend)(q);
		const long = randomTensor<tf.Rank.R4>([1, 2, 600, 12], 6);
		const first = tf.slice(q, [0, 0, 0, 0], [1, 4, 1, 12]);
		const decoded = scaledDotProductAttention(first, long, long);
		await Promise.all([gradient.data(), decoded.data()]);
		const ours = make.mock.calls.filter(([{ label }]) => label?.startsWith("attention") === true);
		expect(ours).toEqual([]);
		make.mockRestore();
		tf.dispose([q, k, v, bias, sinks, gradient, long, first, decoded]);
	});

	it("does nothing where there is no WebGPU, and refuses what cannot be called", async () => {
		const shape = [1, 2, 3, 4] as const;
		await tf.setBackend("cpu");
		expect(await warmUp({ query: shape, key: shape })).toBe(0);
		await tf.setBackend("webgpu");
		await expect(warmUp({ query: [1, 2, 3, 300], key: [1, 2, 3, 300] })).rejects.toThrow("up to 256");
		await expect(warmUp({ query: shape, key: [1, 2, 3] } as never)).rejects.toThrow("key is [1,2,3]");
		await expect(warmUp({ query: shape, key: [1, 3, 3, 4] })).rejects.toThrow("does not fit");
		for (const wrong of [
			{ key: shape, value: [1, 3, 9, 4] },
			{ key: [2, 2, 3, 4] },
			{ key: shape, bias: [1, 2, 2, 3] },
		]) {
			await expect(warmUp({ query: shape, ...wrong } as never)).rejects.toThrow("does not fit");
		}
		await expect(warmUp({ query: shape, key: shape, causal: 1 } as never)).rejects.toThrow("`causal` is 1");
		await expect(warmUp({ query: shape, keys: shape } as never)).rejects.toThrow("unknown option `keys`");
	});
});
