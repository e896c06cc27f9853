import { type AttentionOptions, gridSample, scaledDotProductAttention } from "@heed/core";
import { randomTensor } from "@heed/testing";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import "../index.ts";

describe("the memory of attention on WebGPU", () => {
	beforeAll(() => tf.setBackend("webgpu"));

	const random = (seed: number, ...shape: [number, number, number, number]): tf.Tensor4D =>
		randomTensor<tf.Rank.R4>(shape, seed);
	const attend = (options: AttentionOptions) => {
		return (...[q, k, v]: tf.Tensor[]): tf.Tensor4D =>
			scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, {
				...options,
				returnWeights: false,
			});
	};
	const withGradients = (f: (...x: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): tf.Tensor[] => {
		const { value, grads } = tf.valueAndGrads(f)(inputs);
		return [value, ...grads];
	};
	const sample = (...[image, grid]: tf.Tensor[]): tf.Tensor =>
		gridSample(image as tf.Tensor4D, grid as tf.Tensor4D, { padding: "reflection" });

	it.each<[string, () => tf.Tensor[], (inputs: tf.Tensor[]) => tf.Tensor[]]>([
		[
			"attention and its gradients",
			() => [random(1, 1, 2, 9, 8), random(2, 1, 2, 9, 8), random(3, 1, 2, 9, 8)],
			(inputs) => withGradients(attend({ causal: true }), inputs),
		],
		[
			"attention with every option, and its gradients",
			() => [
				random(1, 2, 2, 9, 8),
				random(2, 2, 1, 7, 8),
				random(3, 2, 1, 7, 4),
				random(4, 1, 2, 9, 1),
				randomTensor([2], 5),
			],
			(inputs) =>
				withGradients((q, k, v, bias, sinks) => {
					const mask = tf.greater(tf.reshape(tf.range(0, 7), [1, 7]), 1);
					const more = { bias, sinks: sinks as tf.Tensor1D, mask, keyLengths: [7, 5], queryOffset: [1, 2] };
					const drawn = { dropout: { rate: 0.3, seed: 6 }, softcap: 4, window: { left: 3, right: 2 } };
					return attend({ ...more, ...drawn })(q as tf.Tensor, k as tf.Tensor, v as tf.Tensor);
				}, inputs),
		],
		[
			"attention in parts",
			() => [random(5, 1, 2, 1, 8), random(4, 1, 2, 600, 8), random(6, 1, 2, 600, 8)],
			(inputs) => [attend({ keyLengths: [500] })(...inputs)],
		],
		[
			"gridSample and its gradients",
			() => [random(1, 2, 9, 7, 3), random(2, 2, 5, 6, 2)],
			(inputs) => withGradients(sample, inputs),
		],
	])(
		"%s: keeps nothing, and comes out the same: tensors and buffers are as many after 200 calls as before",
		async (_, make, compute) => {
			const backend = tf.backend() as WebGPUBackend;
			const inputs = tf.tidy(make);
			const results = (): tf.Tensor[] => tf.tidy(() => compute(inputs));
			const values = async (): Promise<Float32Array[]> => {
				const tensors = results();
				const read = (await Promise.all(tensors.map((tensor) => tensor.data()))) as Float32Array[];
				tf.dispose(tensors);
				return read;
			};
			const held = (): number[] => [
				tf.memory().numTensors,
				backend.bufferManager.getNumUsedBuffers(),
				backend.bufferManager.numBytesAllocated,
			];
			for (let i = 0; i < 3; i++) tf.dispose(results());
			const first = await values();
			const before = held();
			for (let i = 0; i < 199; i++) tf.dispose(results());
			expect(await values()).toEqual(first); // to the last bit: nothing is summed in the order of chance
			expect(held()).toEqual(before);
			tf.dispose(inputs);
		},
	);

	it.each([
		[
			false,
			{ maxStorageBufferBindingSize: 3000 },
			[50, 50, 8, 8],
			"query [1, 2, 50, 8] takes 3200 bytes, and the device's maxStorageBufferBindingSize is 3000. Use a smaller",
		],
		[
			false,
			{ maxBufferSize: 3000 },
			[50, 50, 8, 8],
			"query [1, 2, 50, 8] takes 3200 bytes, and the device's maxBufferSize",
		],
		[false, { maxBufferSize: 7000 }, [100, 50, 1, 9], "output [1, 2, 100, 9] takes 7200 bytes"],
		[true, { maxBufferSize: 6300 }, [50, 50, 8, 8], "dKey and dValue together [1600] takes 6400 bytes"],
		[true, { maxBufferSize: 1500 }, [100, 50, 1, 1], "sums of the rows [400] takes 1600 bytes"],
	] as const)(
		"names the tensor that is over a limit of the device (backward: %s, %j), before anything is run",
		async (backward, lower, [queries, keys, headDim, valueDim], message) => {
			const { device } = tf.backend() as WebGPUBackend;
			const [q, k, v] = [
				tf.ones<tf.Rank.R4>([1, 2, queries, headDim]),
				tf.ones<tf.Rank.R4>([1, 2, keys, headDim]),
				tf.ones<tf.Rank.R4>([1, 2, keys, valueDim]),
			];
			const before = tf.memory().numTensors;
			const limits = device.limits;
			Object.defineProperty(device, "limits", {
				value: { ...limitsOf(device), ...lower },
				configurable: true,
			});
			const submit = vi.spyOn(device.queue, "submit");
			const f = attend({});
			try {
				const compute = (): unknown => (backward ? tf.grads(f)([q, k, v]) : f(q, k, v));
				expect(compute).toThrow(`scaledDotProductAttention: ${message}`);
				expect(submit).toHaveBeenCalledTimes(backward ? 2 : 0); // what the host had, and the forward pass
			} finally {
				submit.mockRestore();
				Object.defineProperty(device, "limits", { value: limits, configurable: true });
			}
			// The host keeps what a gradient has saved if a later one throws.
			if (!backward) expect(tf.memory().numTensors).toBe(before);
			tf.dispose([q, k, v]);
		},
	);
});

/** `GPUSupportedLimits` has getters on its prototype, which a spread leaves out. */
function limitsOf({ limits }: GPUDevice): GPUSupportedLimits {
	const names: string[] = [];
	for (const name in limits) names.push(name); // inherited ones too
	return Object.fromEntries(
		names.map((name) => [name, limits[name as keyof GPUSupportedLimits]]),
	) as unknown as GPUSupportedLimits;
}
