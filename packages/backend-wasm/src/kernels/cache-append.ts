import { CACHE_APPEND, type CachePlacement } from "@heed/core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { HostMemory } from "../host-memory.ts";
import type { WasmKernel } from "../wasm-kernel.ts";

/**
 * New positions written into a key/value cache, in place: a decoding step then costs what is new. Where another handle shares
 * the numbers (a clone, or a tape that saved them), the cache is copied first.
 */
export const cacheAppend: WasmKernel = {
	kernelName: CACHE_APPEND,
	run({ input, attrs, memory }) {
		const cache = input("cache"); // [B, H, C, D]
		const fresh = input("fresh"); // [B, H, T, D]
		const { starts, counts } = attrs as unknown as CachePlacement; // the host types them as a record
		const target = memory.isShared(cache) ? copyOf(memory, cache) : memory.share(cache);
		const [batch = 0, heads = 0, capacity = 0, size = 0] = cache.shape;
		const length = fresh.shape[2] ?? 0;
		if (batch * heads * size * length === 0) return target;
		const from = memory.floats(fresh);
		const to = memory.floats(target);
		for (let item = 0; item < batch; item++) {
			const count = (counts[item] ?? 0) * size;
			for (let head = 0; head < heads; head++) {
				const row = item * heads + head;
				const source = row * length * size;
				to.set(from.subarray(source, source + count), (row * capacity + (starts[item] ?? 0)) * size);
			}
		}
		return target;
	},
};

function copyOf(memory: HostMemory, tensor: TensorInfo): TensorInfo {
	const copy = memory.allocate(tensor.shape, "float32");
	memory.floats(copy).set(memory.floats(tensor));
	return copy;
}
