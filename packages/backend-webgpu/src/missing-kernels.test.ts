import "@heed/testing"; // the other backends
import { onKernelPath, scaledDotProductAttention } from "@heed/core";
import { expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tellOfMissingKernels } from "./missing-kernels.ts";

describe("without WebGPU", () => {
	const said = vi.spyOn(console, "info");
	const gpu = Object.getOwnPropertyDescriptor(navigator, "gpu") as PropertyDescriptor;
	beforeEach(() => void said.mockReset().mockReturnValue());
	afterEach(async () => {
		Object.defineProperty(navigator, "gpu", gpu);
		await tf.setBackend("webgpu");
	});
	const attend = async (): Promise<void> => {
		const x = tf.ones<tf.Rank.R4>([1, 1, 2, 3]);
		const paths: string[] = [];
		const stop = onKernelPath(({ path }) => paths.push(path));
		const y = scaledDotProductAttention(x, x, x);
		stop();
		expectClose(await y.data(), new Float32Array(6).fill(1));
		expect(paths).toEqual(["blocked"]);
		tf.dispose([x, y]);
	};

	it("stock operations compute attention, and it is said once", async () => {
		Object.defineProperty(navigator, "gpu", { value: undefined, configurable: true });
		tellOfMissingKernels();
		await tf.setBackend("cpu");
		await attend();
		await attend();
		expect(said).toHaveBeenCalledTimes(1);
		expect(said.mock.calls[0]?.[0]).toMatch(
			/ScaledDotProductAttention runs as stock operations on the backend 'cpu'. There is no WebGPU here/,
		);
	});

	it("a WebGL backend is told of, and a cpu backend beside a running WebGPU is not", async () => {
		tellOfMissingKernels();
		await tf.setBackend("cpu");
		await attend();
		expect(said).not.toHaveBeenCalled();
		const cpu = tf.engine().registry.cpu as tf.KernelBackend;
		tf.copyRegisteredKernels("cpu", "webgl"); // stands for it: there is no canvas here
		tf.registerBackend("webgl", () => Object.create(cpu) as tf.KernelBackend, 0);
		await tf.setBackend("webgl");
		await attend();
		await attend();
		expect(said).toHaveBeenCalledTimes(1);
		expect(said.mock.calls[0]?.[0]).toMatch(/'webgl'. WebGPU is here; `await tf.setBackend/);
		await tf.setBackend("cpu");
	});
});
