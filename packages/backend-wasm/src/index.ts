import { useFastKernels } from "./fast-kernels.ts";

export { activeKernels, restoreStockKernels, useFastKernels } from "./fast-kernels.ts";

// Importing the package is asking for its kernels.
useFastKernels();
