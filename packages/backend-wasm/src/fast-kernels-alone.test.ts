import { readFileSync } from "node:fs";
import { expectClose, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it, vi } from "vitest";
import { hostMemory } from "./host-memory.ts";
import { activeKernels, restoreStockKernels, useFastKernels } from "./index.ts";
import { registeredKernels } from "./registered-kernels.ts";

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

	it("still computes when somebody's wrapper calls a kernel of ours that has been taken away", () => {
		const ours = tf.getKernel("BatchMatMul", "wasm");
		let calls = 0;
		const kernelFunc: tf.KernelFunc = (run) => {
			calls++;
			return ours.kernelFunc(run);
		};
		const wrapper = { ...ours, kernelFunc };
		tf.unregisterKernel("BatchMatMul", "wasm");
		tf.registerKernel(wrapper);
		const product = (): tf.Tensor => tf.matMul(tf.ones([67, 61]), tf.ones([71, 61]), false, true);
		const expected = new Float32Array(67 * 71).fill(61);
		restoreStockKernels();
		expectClose(product(), expected);
		useFastKernels(); // around the wrapper
		expectClose(product(), expected);
		restoreStockKernels();
		expect(tf.getKernel("BatchMatMul", "wasm")).toBe(wrapper);
		expectClose(product(), expected);
		expect(calls).toBe(2); // ours do not go through the wrapper, which would come back to ours
		tf.unregisterKernel("BatchMatMul", "wasm");
		tf.registerKernel({ ...ours, kernelFunc: registeredKernels().stock.get("BatchMatMul") ?? kernelFunc });
		useFastKernels();
	});

	it("shares its record with a second copy of the package", async () => {
		const before = activeKernels().map((name) => tf.getKernel(name, "wasm"));
		vi.resetModules();
		const second = (await import("./fast-kernels.ts")) as typeof import("./fast-kernels.ts");
		expect(second.restoreStockKernels).not.toBe(restoreStockKernels);
		expect(second.useFastKernels()).toEqual(activeKernels());
		expect(activeKernels().map((name) => tf.getKernel(name, "wasm"))).toEqual(before);
		second.restoreStockKernels();
		expect(activeKernels()).toEqual([]);
		expect(tf.getKernel("UnsortedSegmentSum", "wasm")).toBeUndefined();
		useFastKernels();
	});

	it("adds nothing to a started backend that is built otherwise", () => {
		const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
		restoreStockKernels();
		const { registry } = tf.engine();
		const { wasm } = registry;
		registry.wasm = Object.create(null, {}) as tf.KernelBackend;
		try {
			expect(useFastKernels()).toEqual([]);
			expect(tf.getKernel("UnsortedSegmentSum", "wasm")).toBeUndefined();
		} finally {
			if (wasm !== undefined) registry.wasm = wasm;
			warn.mockRestore();
			registeredKernels().warned = false;
		}
		expect(useFastKernels()).toContain("UnsortedSegmentSum");
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

	it("steps back when the backend starts, before a kernel of ours is the first to be called", () => {
		const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
		registeredKernels().warned = false;
		useFastKernels();
		const { setupFunc } = tf.getKernel("HeedGruSequence", "wasm");
		setupFunc?.({} as tf.KernelBackend); // a backend that is built otherwise
		expect(activeKernels()).toEqual([]);
		expect(tf.getKernel("HeedGruSequence", "wasm")).not.toMatchObject({ setupFunc });
		expect(warn).toHaveBeenCalledTimes(1);
		warn.mockRestore();
		registeredKernels().warned = false;
		useFastKernels();
	});

	it("are all told of in the README", () => {
		const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
		const base = (name: string): string => name.replace(/Grad$/, "").replace(/^Depthwise.*/, "Depthwise");
		const comparisons = [
			"NotEqual",
			"LessEqual",
			"Greater",
			"GreaterEqual",
			"FusedDepthwiseConv2D",
			"FusedConv2D",
		];
		const missingThere = activeKernels().filter(
			(name) => !readme.includes(base(name)) && !comparisons.includes(name),
		);
		expect(missingThere).toEqual([]);
	});
});
