import type { WasmKernel } from "../wasm-kernel.ts";

/**
 * `Identity` without a copy. Tensors never change, so two handles can share their numbers, as on every other backend;
 * the host's wasm kernel copies, and every tensor that a gradient saves goes through it.
 */
export const identity: WasmKernel = {
	kernelName: "Identity",
	run: ({ input, memory, stock }) => (input("x").dtype === "string" ? stock() : memory.share(input("x"))),
};
