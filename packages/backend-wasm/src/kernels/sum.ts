import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { KernelRun, WasmKernel } from "../wasm-kernel.ts";

/**
 * `Sum`. Neighbouring axes are summed in one pass over the tensor, seen as `[outer, count, inner]`; axes apart, such as the
 * first and the last, in one pass for each group. The host adds one number at a time, and transposes first unless the axes
 * are the last ones.
 */
export const sum: WasmKernel = {
	kernelName: "Sum",
	run(run) {
		const { input, attrs, memory, stock } = run;
		const x = input("x");
		const axes = util.parseAxisParam(attrs.axis as number | number[], x.shape);
		if (x.dtype !== "float32" || x.shape.length === 0 || axes.length === 0) return stock();
		const [outShape] = backend_util.computeOutAndReduceShapes(x.shape, axes);
		const shape = attrs.keepDims === true ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape;
		// From the last group on, so that the axes before it keep their places.
		let total: TensorInfo = x;
		for (const [first, last] of groups(axes).reverse()) {
			const next = sumGroup(run, total, first, last);
			if (total !== x) memory.free(total);
			total = next;
		}
		return { ...total, shape };
	},
};

/** Runs of neighbouring axes: `[0, 2, 3]` → `[[0, 0], [2, 3]]`. */
function groups(axes: readonly number[]): [number, number][] {
	const found: [number, number][] = [];
	for (const axis of [...axes].sort((a, b) => a - b)) {
		const open = found.at(-1);
		if (open !== undefined && open[1] >= axis - 1) open[1] = axis;
		else found.push([axis, axis]);
	}
	return found;
}

/** Sums axes `first .. last` away. */
function sumGroup({ memory, kernels }: KernelRun, x: TensorInfo, first: number, last: number): TensorInfo {
	const before = x.shape.slice(0, first);
	const after = x.shape.slice(last + 1);
	const output = memory.allocate([...before, ...after], "float32");
	const [outer = 1, count = 1, inner = 1] = [before, x.shape.slice(first, last + 1), after].map((shape) =>
		util.sizeFromShape(shape),
	);
	if (count === 0) memory.floats(output).fill(0);
	else if (outer * inner > 0) kernels.sumAxis(memory.pointer(x), outer, count, inner, memory.pointer(output));
	return output;
}
