import { util } from "@tensorflow/tfjs-core";
import type { KernelModule } from "../kernel-module.ts";
import type { WasmKernel } from "../wasm-kernel.ts";

/** Functions of single numbers, four at a time; the host calls the C library for every one. */
const unary = (kernelName: string, name: "tanhAll" | "sigmoidAll" | "expAll"): WasmKernel => ({
	kernelName,
	run({ input, memory, kernels, stock }) {
		const x = input("x");
		if (x.dtype !== "float32") return stock();
		const output = memory.allocate(x.shape, "float32");
		const compute: KernelModule[typeof name] = kernels[name];
		compute(memory.pointer(x), util.sizeFromShape(x.shape), memory.pointer(output));
		return output;
	},
});

/** `Tanh`, to 3e-7 of its value, and never beyond ±1. */
export const tanh: WasmKernel = unary("Tanh", "tanhAll");

/** `Sigmoid`, to 3e-7 of its value, without overflow. */
export const sigmoid: WasmKernel = unary("Sigmoid", "sigmoidAll");

/** `Exp`, to 2e-7 of its value and what rounding its argument makes; 0 from 1e-38 down, where the host still has a few digits. */
export const exp: WasmKernel = unary("Exp", "expAll");
