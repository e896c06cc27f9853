import type { KernelFunc, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from "@tensorflow/tfjs-core";
import type { Host } from "./host.ts";
import type { HostMemory } from "./host-memory.ts";
import type { KernelModule } from "./kernel-module.ts";

/** What a kernel of this package is given at each run. */
export interface KernelRun {
	/** All inputs by name; a list of tensors comes by index. */
	readonly inputs: NamedTensorInfoMap;
	/** The input of that name; throws when it is absent. */
	input(name: string): TensorInfo;
	/** The attributes as the host's op gave them. */
	readonly attrs: NamedAttrMap;
	readonly memory: HostMemory;
	/** The compiled kernels, which work in that memory. */
	readonly kernels: KernelModule;
	/** Hands the call over to the host's own kernel of this name. */
	stock(): TensorInfo | TensorInfo[];
	/** Runs any kernel of the host (its own, not ours) that has one output. */
	host(kernelName: string, inputs: NamedTensorInfoMap, attrs: NamedAttrMap): TensorInfo;
}

/** A kernel for the wasm backend: one that the host lacks, or a better one for a name that it has. */
export interface WasmKernel {
	readonly kernelName: string;
	run(run: KernelRun): TensorInfo | TensorInfo[];
}

/** Turns a {@link WasmKernel} into what the host's registry takes. */
export function kernelFunction(
	kernel: WasmKernel,
	stock: KernelFunc | undefined,
	open: (backend: object) => Host | undefined,
	hostKernel: (kernelName: string) => KernelFunc,
): KernelFunc {
	return ({ inputs, backend, attrs = {} }) => {
		const runStock = (): TensorInfo | TensorInfo[] => {
			if (stock === undefined) {
				throw new Error(`Kernel '${kernel.kernelName}' not registered for backend 'wasm'`);
			}
			return stock({ inputs, backend, attrs });
		};
		const host = open(backend);
		if (host === undefined) return runStock();
		const { memory, kernels } = host;
		return kernel.run({
			inputs,
			attrs,
			memory,
			kernels,
			input(name) {
				const found = inputs[name];
				if (found === undefined) throw new Error(`${kernel.kernelName}: the input '${name}' is missing.`);
				return found;
			},
			stock: runStock,
			host(name, hostInputs, hostAttrs) {
				const output = hostKernel(name)({ inputs: hostInputs, backend, attrs: hostAttrs });
				if (Array.isArray(output)) throw new Error(`${name} has several outputs.`);
				return output;
			},
		});
	};
}
