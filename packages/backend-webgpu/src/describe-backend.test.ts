import "@heed/testing"; // the other backends
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { compileAhead } from "./device/gpu-programs.ts";
import { createDevice, describeBackend } from "./index.ts";
import { startWebGpu } from "./node.ts";

describe("the device", () => {
	it("is described with its adapter, limits and kernels", async () => {
		await tf.setBackend("webgpu");
		const { backend, adapter, limits, kernels } = describeBackend();
		expect(backend).toBe("webgpu");
		expect(adapter).not.toBe("");
		expect(limits.maxComputeWorkgroupStorageSize).toBeGreaterThanOrEqual(16_384);
		expect(kernels).toEqual([
			{ name: "ScaledDotProductAttention", active: true },
			{ name: "GridSample", active: true },
		]);
	});

	it("says why nothing is active on another backend", async () => {
		await tf.setBackend("cpu");
		expect(describeBackend().kernels[0]?.reason).toContain("'cpu' is not WebGPU");
		await tf.setBackend("webgpu");
	});

	it("can be a second backend with all features of the adapter", async () => {
		const device = await createDevice({ backendName: "webgpu2" });
		expect(tf.getBackend()).toBe("webgpu2");
		expect(device.features.size).toBeGreaterThan(0);
		const x = tf.ones([2, 3]);
		expect(await tf.matMul(x, x, false, true).data()).toEqual(new Float32Array([3, 3, 3, 3]));
		expect(describeBackend().kernels[0]?.active).toBe(true);
		await tf.setBackend("webgpu");
		tf.removeBackend("webgpu2");
	});

	it("is told of when it is made for Node", async () => {
		const { vendor, description, software } = await startWebGpu({ backendName: "webgpu4", features: "none" });
		expect(describeBackend().adapter).toContain(vendor);
		expect(describeBackend().adapter).toContain(description);
		expect(software).toBe(describeBackend().adapter?.includes("swiftshader") === true);
		expect(description).not.toBe("");
		await tf.setBackend("webgpu");
		tf.removeBackend("webgpu4");
	});

	it("says how to get an adapter where there is none, and leaves the backend as it is", async () => {
		const gpu = Object.getOwnPropertyDescriptor(navigator, "gpu") as PropertyDescriptor;
		const without = (value: unknown): unknown =>
			Object.defineProperty(navigator, "gpu", { value, configurable: true });
		try {
			without({ requestAdapter: async () => null });
			await expect(startWebGpu()).rejects.toThrow(/libvulkan1.*VK_ICD_FILENAMES/);
			await expect(createDevice()).rejects.toMatchObject({ code: "UNSUPPORTED" });
			without(undefined);
			await expect(createDevice()).rejects.toThrow("there is no `navigator.gpu`");
		} finally {
			Object.defineProperty(navigator, "gpu", gpu);
		}
		expect(tf.getBackend()).toBe("webgpu");
	});

	it("refuses unknown options", async () => {
		await expect(createDevice({ feature: "auto" } as never)).rejects.toThrow("unknown option `feature`");
		await expect(createDevice({ features: "all" } as never)).rejects.toThrow("features");
		await expect(createDevice({ backendName: "a_b" })).rejects.toThrow("must not contain '_'");
		await expect(startWebGpu({ flag: [] } as never)).rejects.toThrow("unknown option `flag`");
	});

	it("shows the line of a shader that does not compile", async () => {
		const device = await createDevice({ backendName: "webgpu3", features: "none" });
		const source = (): string => "@compute @workgroup_size(1)\nfn main() { let x = y; }";
		const program = { name: "broken", key: "broken", bindings: [], source };
		await expect(compileAhead(device, program)).rejects.toThrow(
			/2 \| fn main\(\) \{ let x = y; \}\n +\| +\^/,
		);
		await tf.setBackend("webgpu");
		tf.removeBackend("webgpu3");
	});
});
