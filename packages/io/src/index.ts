// The public names of @heed/io. What needs a file system is in @heed/io/node.

/**
 * The tag keeps `index/` out of the addresses of the reference, which a package with two entries gets otherwise.
 *
 * @module
 * @mergeModuleWith <project>
 */

// onnx/
export { OnnxError, type OnnxErrorCode } from "./onnx/onnx-error.ts";
export type {
	OnnxAttribute,
	OnnxInitializer,
	OnnxModel,
	OnnxNode,
	OnnxValue,
} from "./onnx/onnx-model.ts";
export { readOnnxModel } from "./onnx/read-onnx-model.ts";
export { writeOnnxModel } from "./onnx/write-onnx-model.ts";
// safetensors/
export type { SafetensorsArrays, SafetensorsDtype, SafetensorsTensor } from "./safetensors/dtype.ts";
export { readSafetensors, type Safetensors } from "./safetensors/read-safetensors.ts";
export { SafetensorsError, type SafetensorsErrorCode } from "./safetensors/safetensors-error.ts";
export { checkShardName, readShardIndex, type ShardIndex } from "./safetensors/shard-index.ts";
export { type NamedEntries, writeSafetensors } from "./safetensors/write-safetensors.ts";
