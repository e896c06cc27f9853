import { util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";

/** The types that can be summed, by their number in `assembly/segment-sum.ts`. */
const types: Readonly<Record<string, number>> = { float32: 0, int32: 1, bool: 2 };

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
	run({ input, attrs, memory, kernels }) {
		const x = input("x"); // [N, ...]
		const segmentIds = input("segmentIds"); // [N]
		const numSegments = attrs.numSegments as number;
		const rows = x.shape[0] ?? 0;
		if (segmentIds.shape.length !== 1 || segmentIds.shape[0] !== rows) {
			throw new Error(
				`UnsortedSegmentSum: segmentIds [${segmentIds.shape}] do not fit x [${x.shape}]: expected one id for each row of x, [${rows}].`,
			);
		}
		if (!Number.isInteger(numSegments) || numSegments < 0) {
			throw new Error(
				`UnsortedSegmentSum: numSegments is ${numSegments}; expected a whole number from 0 on.`,
			);
		}
		const type = types[x.dtype];
		if (type === undefined || segmentIds.dtype !== "int32") {
			throw new Error(
				`UnsortedSegmentSum: x is ${x.dtype} and segmentIds ${segmentIds.dtype}; expected float32, int32 or bool, and int32.`,
			);
		}
		const width = util.sizeFromShape(x.shape.slice(1));
		const shape = [numSegments, ...x.shape.slice(1)];
		const output = memory.allocate(shape, x.dtype === "bool" ? "float32" : x.dtype);
		const [from, ids, to] = [x, segmentIds, output].map(memory.pointer) as [number, number, number];
		kernels.segmentSum(from, ids, rows, width, numSegments, to, type);
		return output;
	},
};
