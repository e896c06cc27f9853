import "@heed/testing"; // the other backends
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { compileAhead } from "./device/gpu-programs.ts";
import { createDevice, describeBackend, overrideTiles } from "./index.ts";

describe("the device", () => {
	it("is described with its adapter, limits and kernels", async () => {
		await tf.setBackend("webgpu");
		const { backend, adapter, limits, kernels } = describeBackend();
		expect(backend).toBe("webgpu");
		expect(adapter).not.toBe("");
		expect(limits.maxComputeWorkgroupStorageSize).toBeGreaterThanOrEqual(16_384);
		expect(kernels).toEqual([
			{ name: "ScaledDotProductAttention", active: true },
			{ name: "ScaledDotProductAttentionGrad", active: true },
			{ name: "GridSample", active: true },
			{ name: "GridSampleGrad", active: true },
		]);
	});

	it("says which calls go to the composition on a device with less than they need", async () => {
		await tf.setBackend("webgpu");
		const narrow = { threadsX: 8, threadsY: 8, rows: 4, columns: 8, depth: 16, chunk: 64 };
		overrideTiles({ keyGrad: narrow });
		const [forward, gradient] = describeBackend().kernels;
		overrideTiles({ forward: { ...narrow, chunk: 8, threadsY: 64 } });
		const [refused] = describeBackend().kernels;
		overrideTiles();
		expect(forward).toEqual({ name: "ScaledDotProductAttention", active: true });
		expect(gradient?.reason).toMatch(
			/the fused kernels need \d+ bytes of workgroup memory; the device gives \d+/,
		);
		expect(refused).toMatchObject({ active: false, reason: expect.stringMatching(/workgroup/) });
	});

	it("is asked about before a backend was chosen", () => {
		const engine = tf.engine();
		const chosen = engine.backendName;
		try {
			engine.backendName = undefined as never;
			const { backend, kernels } = describeBackend();
			expect(backend).toBe("");
			expect(kernels.map(({ active }) => active)).toEqual([false, false, false, false]);
			expect(kernels[0]?.reason).toContain("no backend has been chosen yet");
		} finally {
			engine.backendName = chosen;
		}
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

	it("is not made where there is no adapter, and the backend stays as it is", async () => {
		const own = Object.getOwnPropertyDescriptor(navigator, "gpu");
		const without = (value: unknown): unknown =>
			Object.defineProperty(navigator, "gpu", { value, configurable: true });
		try {
			without({ requestAdapter: async () => null });
			await expect(createDevice()).rejects.toMatchObject({ code: "UNSUPPORTED" });
			without(undefined);
			await expect(createDevice()).rejects.toThrow("there is no `navigator.gpu`");
		} finally {
			if (own !== undefined) Object.defineProperty(navigator, "gpu", own);
			else Reflect.deleteProperty(navigator, "gpu"); // a page inherits it
		}
		expect(tf.getBackend()).toBe("webgpu");
	});

	it("refuses unknown options", async () => {
		await expect(createDevice({ feature: "auto" } as never)).rejects.toThrow("unknown option `feature`");
		await expect(createDevice({ features: "all" } as never)).rejects.toThrow("features");
		await expect(createDevice({ backendName: "a_b" })).rejects.toThrow("must not contain '_'");
		await expect(createDevice({ backendName: "cpu" })).rejects.toThrow(
			'`backendName` is "cpu"; that is a backend of another kind',
		);
		for (const backendName of ["", 3, null]) {
			await expect(createDevice({ backendName } as never)).rejects.toThrow("expected a name");
		}
		await expect(createDevice([] as never)).rejects.toThrow("the options are a list");
		expect(tf.findBackend("cpu")).not.toBeNull();
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
