import { expectClose, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it, vi } from "vitest";
import { hostMemory } from "./host-memory.ts";
import { activeKernels, restoreStockKernels, useFastKernels } from "./index.ts";

const missing = [
	"UnsortedSegmentSum",
	"Conv2DBackpropFilter",
	"DepthwiseConv2dNativeBackpropFilter",
	"DepthwiseConv2dNativeBackpropInput",
	"Einsum",
];

describe("useFastKernels", () => {
	useBackend("wasm");
	afterAll(() => void useFastKernels());

	it("is called by the import", () => {
		expect(activeKernels()).toEqual(expect.arrayContaining([...missing, "BatchMatMul", "Identity"]));
		expect(tf.getGradient("Einsum")).toBeDefined();
	});

	it("changes nothing when called again", () => {
		const before = activeKernels().map((name) => tf.getKernel(name, "wasm"));
		expect(useFastKernels()).toEqual(activeKernels());
		expect(activeKernels().map((name) => tf.getKernel(name, "wasm"))).toEqual(before);
	});

	it("leaves other backends alone", () => {
		const cpu = tf.getKernelsForBackend("cpu");
		restoreStockKernels();
		useFastKernels();
		expect(tf.getKernelsForBackend("cpu")).toEqual(cpu);
	});

	it("is undone by restoreStockKernels", () => {
		const ours = tf.getKernel("BatchMatMul", "wasm");
		restoreStockKernels();
		expect(activeKernels()).toEqual([]);
		expect(tf.getKernel("BatchMatMul", "wasm")).not.toBe(ours);
		for (const name of missing) expect(tf.getKernel(name, "wasm"), name).toBeUndefined();
		expect(tf.getGradient("Einsum")).toBeUndefined();
		expectClose(tf.matMul(tf.ones([2, 3]), tf.ones([4, 3]), false, true), new Float32Array(8).fill(3));
		useFastKernels();
		expect(activeKernels()).toContain("BatchMatMul");
	});

	it("does not remove a kernel that somebody else put in place later", () => {
		const ours = tf.getKernel("Identity", "wasm");
		tf.unregisterKernel("Identity", "wasm");
		const theirs = { ...ours, kernelFunc: ours.kernelFunc };
		tf.registerKernel(theirs);
		expect(activeKernels()).not.toContain("Identity");
		restoreStockKernels();
		expect(tf.getKernel("Identity", "wasm")).toBe(theirs);
		useFastKernels();
	});

	it("finds the memory only in a host that is built as expected", () => {
		expect(hostMemory(tf.backend())).toBeDefined();
		expect(hostMemory({})).toBeUndefined();
		expect(hostMemory({ ...tf.backend(), dataIdMap: undefined })).toBeUndefined();
	});

	it("keeps the host's kernels, with one warning, when the host is built otherwise", () => {
		const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
		const kernelFunc = tf.getKernel("UnsortedSegmentSum", "wasm").kernelFunc;
		const strange = { wasm: {}, makeOutput: () => undefined };
		const call = (): unknown => kernelFunc({ inputs: {}, backend: strange, attrs: {} });
		expect(call).toThrow("Kernel 'UnsortedSegmentSum' not registered for backend 'wasm'");
		expect(activeKernels()).toEqual([]);
		expect(call).toThrow();
		expect(warn).toHaveBeenCalledTimes(1);
		expect(warn.mock.calls[0]?.[0]).toMatch(/not built as expected.*own kernels stay in use/);
		warn.mockRestore();
		expect(useFastKernels()).toContain("UnsortedSegmentSum");
	});
});
