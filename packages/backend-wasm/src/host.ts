import { type HostMemory, hostMemory } from "./host-memory.ts";
import { type KernelBuild, type KernelModule, startKernels } from "./kernel-module.ts";

/** A wasm backend of the host, with the kernels of this package at work in its memory. */
export interface Host {
	readonly memory: HostMemory;
	readonly kernels: KernelModule;
}

const hosts = new WeakMap<object, Map<KernelBuild, Host | string>>();

/**
 * Opens a backend for the kernels.
 *
 * @returns The host, or why that is not possible: the host is not built as expected, or the engine refuses the kernels.
 */
export function openHost(backend: object, build: KernelBuild): Host | string {
	const known = hosts.get(backend) ?? new Map<KernelBuild, Host | string>();
	hosts.set(backend, known);
	let host = known.get(build);
	if (host === undefined) {
		host = start(backend, build);
		known.set(build, host);
	}
	return host;
}

function start(backend: object, build: KernelBuild): Host | string {
	const memory = hostMemory(backend);
	if (memory === undefined) {
		return "this version of @tensorflow/tfjs-backend-wasm is not built as expected (4.22 is)";
	}
	try {
		return { memory, kernels: startKernels(memory.wasm, build) };
	} catch (error) {
		return `this engine does not run the kernels (${error instanceof Error ? error.message : String(error)})`;
	}
}
