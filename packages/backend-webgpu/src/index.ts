import "@tensorflow/tfjs-backend-webgpu"; // registers the host's backend where there is WebGPU
import { registerFusedAttention } from "@heed/core";
import { fusedAttention } from "./attention/fused-attention.ts";

export type { Tile } from "./attention/tile.ts";
export { type AttentionTiles, overrideTiles } from "./attention/tile-table.ts";
export { type BackendDescription, describeBackend, type KernelStatus } from "./describe-backend.ts";
export { createDevice, type DeviceOptions } from "./device/create-device.ts";

// Importing the package is asking for its kernels.
registerFusedAttention(fusedAttention("webgpu"));
