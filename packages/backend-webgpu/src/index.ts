import "@tensorflow/tfjs-backend-webgpu"; // registers the host's backend where there is WebGPU
import { tellOfMissingKernels } from "./missing-kernels.ts";
import { registerKernels } from "./register-kernels.ts";

export type { AttentionTiles, TileOverrides } from "./attention/check-tiles.ts";
export type { DecodeTile } from "./attention/decode-shaders.ts";
export type { Tile } from "./attention/tile.ts";
export { overrideTiles } from "./attention/tile-table.ts";
export { type AttentionCall, type AttentionShape, warmUp } from "./attention/warm-up.ts";
export { type BackendDescription, describeBackend, type KernelStatus } from "./describe-backend.ts";
export { createDevice, type DeviceOptions } from "./device/create-device.ts";
export { DeviceLostError } from "./device/device-lost-error.ts";

// Importing the package is asking for its kernels.
registerKernels("webgpu");
tellOfMissingKernels();
