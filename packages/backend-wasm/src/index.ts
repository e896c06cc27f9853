import { useFastKernels } from "./fast-kernels.ts";

export {
	activeKernels,
	type FastKernelOptions,
	kernelBuild,
	restoreStockKernels,
	useFastKernels,
} from "./fast-kernels.ts";
export type { KernelBuild } from "./kernel-module.ts";

// Importing the package is asking for its kernels.
useFastKernels();
