import { type NamedAttrMap, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { HostMemory } from "../host-memory.ts";
import type { WasmKernel } from "../wasm-kernel.ts";
import { broadcastItems } from "./broadcast-items.ts";
import { batchProduct } from "./matrix-product.ts";

/**
 * `_FusedMatMul`: `activation(a · b + bias)`. As {@link batchMatMul}: the host is fast for one batch item without
 * transposed operands, so everything else is brought into that form.
 *
 * It is also right only there: in its scalar loop the host adds the bias and applies the activation once for every 48
 * terms of the sum. And it reads the slope of a prelu as one number for each column, whatever its shape.
 */
export const fusedMatMul: WasmKernel = {
	kernelName: "_FusedMatMul",
	run(run) {
		const { input, inputs, attrs, memory, stock, host } = run;
		const a = input("a"); // [items or 1, M, K], or [.., K, M] when transposed
		const b = input("b"); // [items or 1, K, N], or [.., N, K] when transposed
		const transposeA = attrs.transposeA === true;
		const transposeB = attrs.transposeB === true;
		const [itemsA = 0, rowsA = 0, columnsA = 0] = a.shape;
		const [itemsB = 0, rowsB = 0, columnsB = 0] = b.shape;
		const inner = transposeA ? rowsA : columnsA;
		const fits =
			a.shape.length === 3 &&
			b.shape.length === 3 &&
			a.dtype === "float32" &&
			b.dtype === "float32" &&
			inner === (transposeB ? columnsB : rowsB) &&
			(itemsA === itemsB || itemsA === 1 || itemsB === 1);
		const slope = inputs.preluActivationWeights;
		const easy = itemsA === 1 && itemsB === 1 && !transposeA && !transposeB && slope === undefined;
		if (!fits || easy || a.shape.includes(0) || b.shape.includes(0)) return stock();

		const { preluActivationWeights: _, ...others } = inputs;
		const activation = slope === undefined ? attrs.activation : "linear";
		const plain = { ...attrs, transposeA: false, transposeB: false, activation } as NamedAttrMap;
		const product = (left: TensorInfo, right: TensorInfo): TensorInfo =>
			host("_FusedMatMul", { ...others, a: asItem(left), b: asItem(right) }, plain);
		const pairs = Array.from({ length: Math.max(itemsA, itemsB) }, (__, item) => {
			return [itemsA === 1 ? 0 : item, itemsB === 1 ? 0 : item] as const;
		});
		const output = batchProduct(run, a, b, { transposeA, transposeB, pairs, product });
		if (slope !== undefined) applyPrelu(memory, output, slope);
		return output;
	},
};

const asItem = (matrix: TensorInfo): TensorInfo => ({ ...matrix, shape: [1, ...matrix.shape] });

/** `x < 0 → slope · x`, in place. The host reads any slope as one for each column. */
function applyPrelu(memory: HostMemory, x: TensorInfo, slope: TensorInfo): void {
	// The op has folded the batch axes of x into one, but not those of the slope.
	const [m = 1, n = 1] = slope.shape.slice(-2);
	const [rows, columns] = slope.shape.length < 2 ? [1, util.sizeFromShape(slope.shape)] : [m, n];
	const items = util.sizeFromShape(slope.shape.slice(0, -2));
	const xs = memory.floats(x);
	const slopes = memory.floats(slope);
	broadcastItems([items, rows, columns], x.shape).forEach((at, i) => {
		const value = xs[i] ?? 0;
		if (value < 0) xs[i] = value * (slopes[at] ?? 0);
	});
}
