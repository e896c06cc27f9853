import { backend_util, util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";
import { copyRun } from "./copy-region.ts";

/**
 * `GatherV2`: rows picked by index, copied as blocks. The host's kernel walks single elements, which makes looking up
 * an embedding an order of magnitude slower.
 *
 *     output[b, o, i, ...] = x[b, o, indices[b, i], ...]
 */
export const gather: WasmKernel = {
	kernelName: "GatherV2",
	run({ input, attrs, memory, stock }) {
		const x = input("x");
		const indices = input("indices");
		if (x.dtype === "string") return stock();
		const axis = util.parseAxisParam(attrs.axis as number, x.shape)[0] ?? 0;
		// The host's op only needs dtype and shapes here, which a TensorInfo has.
		const info = backend_util.segment_util.collectGatherOpShapeInfo(
			x as Parameters<typeof backend_util.segment_util.collectGatherOpShapeInfo>[0],
			indices as Parameters<typeof backend_util.segment_util.collectGatherOpShapeInfo>[1],
			axis,
			(attrs.batchDims as number | undefined) ?? 0,
		);
		const rows = x.shape[axis] ?? 0;
		const picks = memory.view(indices);
		for (const pick of picks) {
			util.assert(
				pick >= 0 && pick <= rows - 1,
				() => `GatherV2: the index value ${pick} is not in [0, ${rows - 1}]`,
			);
		}
		const output = memory.allocate(info.outputShape, x.dtype);
		const from = memory.view(x);
		const to = memory.view(output);
		const at = memory.view(indices); // again: the allocation may have detached the first view
		const { batchSize, outerSize, sliceSize } = info;
		const perBatch = at.length / Math.max(batchSize, 1);
		let target = 0;
		for (let b = 0; b < batchSize; b++) {
			for (let outer = 0; outer < outerSize; outer++) {
				const base = (b * outerSize + outer) * rows;
				for (let i = 0; i < perBatch; i++, target += sliceSize) {
					copyRun(from, (base + (at[b * perBatch + i] ?? 0)) * sliceSize, to, target, sliceSize);
				}
			}
		}
		return output;
	},
};
