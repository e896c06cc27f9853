import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { profileKernels } from "./profile-kernels.ts";

describe("profileKernels", () => {
	beforeAll(async () => {
		await tf.setBackend("cpu");
	});

	const work = async (): Promise<void> =>
		tf.tidy(() => void tf.add(tf.square(tf.ones([3])), tf.square(tf.ones([3]))));

	it("counts the calls of a run and gives every kernel its own time, the largest first", async () => {
		const before = tf.getKernel("Square", "cpu").kernelFunc;
		const times = await profileKernels(work, 4);
		expect(Object.fromEntries(times.map(({ kernel, calls }) => [kernel, calls]))).toEqual({
			Add: 1,
			Square: 2,
		});
		const milliseconds = times.map((time) => time.milliseconds);
		expect(milliseconds).toEqual([...milliseconds].sort((a, b) => b - a));
		expect(Math.min(...milliseconds)).toBeGreaterThan(0);
		expect(tf.getKernel("Square", "cpu").kernelFunc).toBe(before);
	});

	it("does not count what a kernel calls as its own", async () => {
		const slow = (): void => {
			const end = performance.now() + 5;
			while (performance.now() < end);
		};
		tf.registerKernel({
			kernelName: "Inner",
			backendName: "cpu",
			kernelFunc: () => {
				slow();
				return [];
			},
		});
		tf.registerKernel({
			kernelName: "Outer",
			backendName: "cpu",
			kernelFunc: () => {
				tf.engine().runKernel("Inner", {});
				return [];
			},
		});
		const times = await profileKernels(async () => tf.engine().runKernel("Outer", {}), 1);
		expect(times.map(({ kernel }) => kernel)).toEqual(["Inner", "Outer"]);
		for (const name of ["Inner", "Outer"]) tf.unregisterKernel(name, "cpu");
	});

	it("takes its clocks away when the work throws", async () => {
		const before = tf.getKernel("Square", "cpu").kernelFunc;
		const fail = async (): Promise<void> => {
			throw new Error("no");
		};
		await expect(profileKernels(fail, 1)).rejects.toThrow("no");
		expect(tf.getKernel("Square", "cpu").kernelFunc).toBe(before);
	});
});
