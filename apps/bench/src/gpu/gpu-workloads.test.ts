import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-layers";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { GpuSize } from "./gpu-contender.ts";
import { gpuBytes, gpuOperands, gpuOperations, gpuWork } from "./gpu-workloads.ts";

const grouped: GpuSize = [2, 4, 2, 3, 5, 8];

describe("the workloads of the GPU bench", () => {
	beforeAll(() => tf.setBackend("cpu"));

	it("are the same computation for both contenders, with gradients and grouped heads", () => {
		for (const task of ["forward", "forward + backward", "decode"] as const) {
			const operands = gpuOperands(grouped);
			const [ours = [], theirs = []] = (["heed", "composed"] as const).map((who) =>
				gpuWork(who, task, grouped, operands)?.(),
			);
			expect(ours).toHaveLength(task === "forward + backward" ? 3 : 1);
			for (const [i, result] of ours.entries()) {
				const expected = [...(theirs[i] as tf.Tensor).dataSync()];
				expect(expected).toEqual([...result.dataSync()].map((x) => expect.closeTo(x, 5)));
			}
			tf.dispose([operands, ours, theirs]);
		}
		expect(gpuWork("composed", "causal", grouped, gpuOperands(grouped))).toBeUndefined();
	});

	it("are counted as in the textbook", () => {
		const size: GpuSize = [1, 2, 1, 10, 20, 4];
		expect(gpuOperations("forward", size)).toBe(2 * 2 * 2 * 10 * 20 * 4);
		expect(gpuOperations("forward + backward", size)).toBe(3.5 * gpuOperations("forward", size));
		expect(gpuOperations("causal", size)).toBe(0.5 * gpuOperations("forward", size));
		expect(gpuBytes(size)).toBe(2 * 4 * 20 * 4); // keys and values of one head
	});
});
