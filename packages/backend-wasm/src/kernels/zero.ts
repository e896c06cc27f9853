import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { HostMemory } from "../host-memory.ts";

/** Fills float32 tensors with zeros. Returns them. */
export function zero(memory: HostMemory, tensors: TensorInfo[]): TensorInfo[] {
	for (const tensor of tensors) if (util.sizeFromShape(tensor.shape) > 0) memory.floats(tensor).fill(0);
	return tensors;
}
