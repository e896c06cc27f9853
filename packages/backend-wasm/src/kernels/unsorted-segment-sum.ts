import { util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";

/**
 * `UnsortedSegmentSum`, which the host's wasm backend lacks: the gradient of `tf.gather`, and so of every embedding.
 *
 *     output[s, ...] = Σ x[n, ...] over all n with segmentIds[n] = s
 *
 * Ids outside `0 .. numSegments - 1` are dropped, as on the other backends. int32 stays int32 and exact, where the
 * host's cpu kernel goes through float32; bool is counted in float32, as there.
 */
export const unsortedSegmentSum: WasmKernel = {
	kernelName: "UnsortedSegmentSum",
	run({ input, attrs, memory }) {
		const x = input("x"); // [N, ...]
		const segmentIds = input("segmentIds"); // [N]
		const numSegments = attrs.numSegments as number;
		const rows = x.shape[0] ?? 0;
		if (segmentIds.shape.length !== 1 || segmentIds.shape[0] !== rows) {
			throw new Error(
				`UnsortedSegmentSum: segmentIds [${segmentIds.shape}] do not fit x [${x.shape}]: expected one id for each row of x, [${rows}].`,
			);
		}
		const output = memory.allocate(
			[numSegments, ...x.shape.slice(1)],
			x.dtype === "bool" ? "float32" : x.dtype,
		);
		const from = memory.view(x);
		const ids = memory.view(segmentIds);
		const to = memory.view(output);
		to.fill(0);
		const width = util.sizeFromShape(x.shape.slice(1));
		for (let row = 0; row < rows; row++) {
			const segment = ids[row] ?? -1;
			if (segment < 0 || segment >= numSegments) continue;
			const source = row * width;
			const target = segment * width;
			for (let i = 0; i < width; i++) to[target + i] = (to[target + i] ?? 0) + (from[source + i] ?? 0);
		}
		return output;
	},
};
