import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { describeBackend } from "./index.ts";
import { startWebGpu } from "./node.ts";

describe("startWebGpu", () => {
	beforeAll(() => tf.setBackend("webgpu"));

	it("tells which adapter it found", async () => {
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
		try {
			const none = { requestAdapter: async () => null };
			Object.defineProperty(navigator, "gpu", { value: none, configurable: true });
			await expect(startWebGpu()).rejects.toThrow(/libvulkan1.*VK_ICD_FILENAMES/);
		} finally {
			Object.defineProperty(navigator, "gpu", gpu);
		}
		expect(tf.getBackend()).toBe("webgpu");
	});

	it("says that tensors are not read at once in Node", async () => {
		const x = tf.add(tf.ones([2]), 1);
		expect(() => x.dataSync()).toThrow(
			/^dataSync: a tensor on WebGPU cannot be read at once here. Use `await/,
		);
		expect(await x.data()).toEqual(new Float32Array([2, 2]));
		expect(x.dataSync()).toEqual(new Float32Array([2, 2])); // read before
		x.dispose();
	});

	it("refuses wrong options", async () => {
		await expect(startWebGpu({ flag: [] } as never)).rejects.toThrow("unknown option `flag`");
		await expect(startWebGpu({ flags: "x" } as never)).rejects.toThrow(
			/`flags` is "x"; expected a list of texts/,
		);
		await expect(startWebGpu({ flags: [1] } as never)).rejects.toThrow("`flags` is [1]");
		await expect(startWebGpu({ flags: ["backend=null"] })).rejects.toThrow("give them at the first call");
		await expect(startWebGpu({ features: "all" } as never)).rejects.toThrow("features");
	});
});
