import { registerFusedAttention, registerFusedGridSample } from "@heed/core";
import { fusedAttention } from "./attention/fused-attention.ts";
import { fusedGridSample } from "./grid-sample/fused-grid-sample.ts";

/** Puts the kernels of this package on a WebGPU backend. */
export function registerKernels(backendName: string): void {
	registerFusedAttention(fusedAttention(backendName));
	registerFusedGridSample(fusedGridSample(backendName));
}
