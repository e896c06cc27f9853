import type { GradConfig, KernelConfig, KernelFunc } from "@tensorflow/tfjs-core";
import { chooseBuild, type KernelBuild } from "./kernel-module.ts";

/** What this package has done to the host's registries. */
export interface RegisteredKernels {
	/** Ours and what stood in its place, by kernel name. */
	readonly active: Map<string, { readonly ours: KernelConfig; readonly replaced: KernelConfig | undefined }>;
	/**
	 * The host's own functions under the names that ours have taken. Never emptied: a wrapper that somebody put around
	 * one of ours may call it after it has been taken away, and a look into the registry would then find the wrapper.
	 */
	readonly stock: Map<string, KernelFunc>;
	/** Our gradients that are in place, and what they replaced, by kernel name. */
	readonly gradients: Map<string, { readonly ours: GradConfig; readonly replaced: GradConfig | undefined }>;
	attentionIsOurs: boolean;
	/** Which build of the compiled kernels is in use. */
	build: KernelBuild;
	warned: boolean;
}

const key = Symbol.for("@heed/backend-wasm registered kernels 1");

/** One record for all copies of this package in a program, because the host has one registry for all. */
export function registeredKernels(): RegisteredKernels {
	const home = globalThis as { [key]?: RegisteredKernels };
	home[key] ??= {
		active: new Map(),
		stock: new Map(),
		gradients: new Map(),
		attentionIsOurs: false,
		build: chooseBuild(false),
		warned: false,
	};
	return home[key];
}
