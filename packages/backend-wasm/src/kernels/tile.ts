import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";

/** `Tile`: every axis repeated as a whole, in blocks; the host computes the source of every single element. */
export const tile: WasmKernel = {
	kernelName: "Tile",
	run({ input, attrs, memory, kernels, stock }) {
		const x = input("x");
		const reps = attrs.reps as number[];
		const bytesPerElement = x.dtype === "bool" ? 1 : 4;
		const rank = x.shape.length;
		if (x.dtype === "string" || reps.length !== rank || rank === 0) return stock();
		const shape = [...x.shape];
		let tiled: TensorInfo = x;
		for (let axis = rank - 1; axis >= 0; axis--) {
			const times = reps[axis] ?? 1;
			if (times === 1) continue;
			const outer = util.sizeFromShape(shape.slice(0, axis));
			const bytes = util.sizeFromShape(shape.slice(axis)) * bytesPerElement;
			shape[axis] = (shape[axis] ?? 0) * times;
			const next = memory.allocate(shape, x.dtype);
			if (outer * bytes * times > 0)
				kernels.repeat(memory.pointer(tiled), outer, bytes, times, memory.pointer(next));
			if (tiled !== x) memory.free(tiled);
			tiled = next;
		}
		return tiled === x ? memory.share(x) : tiled;
	},
};
