import { HeedError, scaledDotProductAttention } from "@heed/core";
import { expectClose, randomTensor } from "@heed/testing";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createDevice, DeviceLostError, describeBackend, warmUp } from "../index.ts";
import { withDevice } from "./device-run.ts";
import type { GpuProgram } from "./gpu-programs.ts";

const backendName = "guarded";

const program = (name: string, body: string): GpuProgram => ({
	name,
	key: name,
	bindings: [{ name: "x", access: "read_write", type: "array<f32>" }],
	source: () => `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<uniform> u: vec4<u32>;
@compute @workgroup_size(1) fn main() {
	${body}
}`,
});
const seven = program("seven", "x[0] = 7.0 + f32(u.x);");

/** Runs a program on a tensor of its own. */
function run(by: GpuProgram, groups: readonly [number, number, number] = [1, 1, 1], size = 1): tf.Tensor {
	const backend = tf.backend() as WebGPUBackend;
	const [info] = withDevice(backend, "test", {}, (device) => {
		const x = device.result("x", [size]);
		device.dispatch(by, [x], device.uniform(new ArrayBuffer(16)), groups);
		return [x];
	});
	return tf.engine().makeTensorFromTensorInfo(info as tf.TensorInfo);
}

describe("errors of the device", () => {
	const said = vi.spyOn(console, "error");
	beforeAll(async () => {
		await createDevice({ features: "none", backendName });
	});
	beforeEach(() => void said.mockReset().mockReturnValue());
	afterEach(() => tf.disposeVariables());
	afterAll(async () => {
		said.mockRestore();
		await tf.setBackend("webgpu");
		tf.removeBackend(backendName);
	});

	it("leave what is right alone", async () => {
		const x = run(seven);
		expect(await x.data()).toEqual(new Float32Array([7]));
		expect(said).not.toHaveBeenCalled();
		x.dispose();
	});

	it("reject the result of an invalid dispatch, always, and name the kernel", async () => {
		const before = run(seven);
		const bad = run(seven, [70_000, 1, 1]);
		const pending = expect(before.data()).rejects.toThrow("while running seven"); // it was pending: told too
		const unread = run(seven, [70_000, 1, 1]);
		await expect(bad.data()).rejects.toThrow(/^test: the device refused .*70000.*\(while running seven\)/s);
		await pending;
		await expect(bad.data()).rejects.toThrow(HeedError);
		const later = run(seven, [70_000, 1, 1]);
		while (said.mock.calls.length < 3) {
			const x = run(seven); // a page hears of errors when it reads
			await x.data().catch(() => undefined);
			x.dispose();
		}
		for (const failed of [unread, later]) {
			expect(() => failed.dataSync()).toThrow(/^test: the device refused .*seven/s);
		}
		later.dispose();
		const after = run(seven); // told: the device works again
		expect(await after.data()).toEqual(new Float32Array([7]));
		expect(said).toHaveBeenCalledTimes(3);
		tf.dispose([before, bad, unread, after]);
	});

	it("print the line of a shader that does not compile", async () => {
		const bad = run(program("wrong", "x[0] = y;"));
		const line =
			/test: the device refused .*wrong: the shader does not compile.*\n {2}4 \| \tx\[0\] = y;\n {4}\| +\^/s;
		await expect(bad.data()).rejects.toThrow(line);
		expect(said.mock.calls[0]?.[0]).toMatch(line);
		bad.dispose();
	});

	it("of the host's own kernels reject the next read, once", async () => {
		const { device } = tf.backend() as WebGPUBackend;
		device.createBuffer({ size: 2 ** 50, usage: GPUBufferUsage.STORAGE }); // nobody listens
		const x = run(seven);
		await expect(x.data()).rejects.toThrow(/^webgpu: the device refused .*1125899906842624/s);
		expect(await x.data()).toEqual(new Float32Array([7]));
		x.dispose();
	});

	it.each([
		["the result", 997 * 4],
		["a uniform buffer", 16],
	])("spoil no later call: %s that there was no memory for is not used again", async (_, size) => {
		const { device, bufferManager } = tf.backend() as WebGPUBackend;
		const held = tf.tensor1d([1, 2, 3]);
		await tf.add(held, 1).data(); // on the device, and something in the pool
		const create = device.createBuffer.bind(device);
		let broken = 0;
		const made = vi.spyOn(device, "createBuffer").mockImplementation((descriptor) => {
			const buffer = create(descriptor);
			if (descriptor.size === size && broken++ === 0) buffer.destroy(); // as good as one that was never there
			return buffer;
		});
		const { freeBuffers } = bufferManager as unknown as { readonly freeBuffers: Map<string, GPUBuffer[]> };
		for (const buffers of freeBuffers.values()) buffers.splice(0); // it is made, not found
		const bad = run(seven, [1, 1, 1], 997);
		await expect(bad.data()).rejects.toThrow("the device refused");
		made.mockRestore();
		expect(broken).toBeGreaterThan(0);
		bad.dispose();
		for (let again = 0; again < 3; again++) {
			const x = run(seven, [1, 1, 1], 997);
			expect((await x.data())[0]).toBe(7);
			x.dispose();
		}
		expect(await tf.add(held, 1).data()).toEqual(new Float32Array([2, 3, 4]));
		held.dispose();
	});

	it("tell the first of several, which the others may follow from", async () => {
		const { device } = tf.backend() as WebGPUBackend;
		device.createBuffer({ size: 2 ** 50, usage: GPUBufferUsage.STORAGE });
		device.createBuffer({ size: 2 ** 51, usage: GPUBufferUsage.STORAGE });
		const x = run(seven);
		await expect(x.data()).rejects.toThrow("1125899906842624");
		await x.data().catch(() => undefined); // a page may hear of the second only now
		expect(await x.data()).toEqual(new Float32Array([7]));
		x.dispose();
	});

	it("tell that memory ran out", async (context) => {
		await createDevice({ backendName: "large" }); // with all that the adapter gives
		try {
			const software = describeBackend().adapter?.includes("swiftshader") === true;
			if (!software) return context.skip("SwiftShader has no memory for the largest buffer; a card may");
			const { device } = tf.backend() as WebGPUBackend;
			const x = run(seven, [1, 1, 1], device.limits.maxBufferSize / 4);
			await expect(x.data()).rejects.toThrow(
				/^test: the device has no memory left: .*OUT_OF_DEVICE_MEMORY.*\(while running seven\) Dispose/s,
			);
			x.dispose();
			const after = run(seven);
			expect(await after.data()).toEqual(new Float32Array([7]));
			after.dispose();
		} finally {
			await tf.setBackend(backendName);
			tf.removeBackend("large");
		}
	});

	it("that end the device reject reads within two seconds, and a fresh device takes over", async () => {
		const [q, k, v] = [1, 2, 3].map((seed) => randomTensor([1, 2, 40, 8], seed)) as [
			tf.Tensor4D,
			tf.Tensor4D,
			tf.Tensor4D,
		];
		const values = await Promise.all([q, k, v].map((x) => x.data()));
		const expected = await scaledDotProductAttention(q, k, v).data();
		const pending = scaledDotProductAttention(q, k, v).data();
		const begun = Date.now();
		(tf.backend() as WebGPUBackend).device.destroy();
		await expect(pending).rejects.toThrow(DeviceLostError);
		expect(Date.now() - begun).toBeLessThan(2000);
		await expect(tf.add(q, k).data()).rejects.toMatchObject({ name: "DeviceLostError", reason: "destroyed" });
		const after =
			/^scaledDotProductAttention: the WebGPU device was lost( \((?!.*was lost)[^)]*\))?, and with it/;
		expect(() => scaledDotProductAttention(q, k, v)).toThrow(after);
		const shape = [1, 2, 40, 8] as const;
		await expect(warmUp({ query: shape, key: shape })).rejects.toThrow(/^warmUp: the WebGPU device was lost/);
		for (const { active, reason } of describeBackend().kernels) {
			expect(active).toBe(false);
			expect(reason).toContain("the WebGPU device was lost");
		}

		await createDevice({ features: "none", backendName });
		const fresh = values.map((x) => tf.tensor(x, [1, 2, 40, 8])) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
		expectClose(await scaledDotProductAttention(...fresh).data(), expected);
		tf.dispose(fresh);
	});
});
