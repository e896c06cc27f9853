import { broadcast_util, type NamedAttrMap, type TensorInfo, util } from "@tensorflow/tfjs-core";
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

		const items = Math.max(itemsA, itemsB);
		const outShape = [items, transposeA ? columnsA : rowsA, transposeB ? rowsB : columnsB];
		const slopeOf = slope && broadcastItems(checkedSlope(slope, outShape), outShape);
		const { preluActivationWeights: _, ...others } = inputs;
		const activation = slope === undefined ? attrs.activation : "linear";
		const plain = { ...attrs, transposeA: false, transposeB: false, activation } as NamedAttrMap;
		const product = (left: TensorInfo, right: TensorInfo): TensorInfo =>
			host("_FusedMatMul", { ...others, a: asItem(left), b: asItem(right) }, plain);
		const pairs = Array.from({ length: items }, (__, item) => {
			return [itemsA === 1 ? 0 : item, itemsB === 1 ? 0 : item] as const;
		});
		const output = batchProduct(run, a, b, { transposeA, transposeB, pairs, product });
		if (slope !== undefined) {
			const xs = memory.floats(output);
			const slopes = memory.floats(slope);
			slopeOf?.forEach((at, i) => {
				const x = xs[i] ?? 0;
				if (x < 0) xs[i] = x * (slopes[at] ?? 0);
			});
		}
		return output;
	},
};

const asItem = (matrix: TensorInfo): TensorInfo => ({ ...matrix, shape: [1, ...matrix.shape] });

/** The shape of a slope, with its batch axes folded into one as the op has folded those of the output. */
function checkedSlope({ shape }: TensorInfo, outShape: number[]): number[] {
	const folded = shape.length < 3 ? shape : [util.sizeFromShape(shape.slice(0, -2)), ...shape.slice(-2)];
	const joint = broadcast_util.assertAndGetBroadcastShape(folded, outShape);
	if (util.arraysEqual(joint, outShape)) return folded;
	throw new Error(`_FusedMatMul: the prelu slopes [${shape}] do not broadcast to the product [${outShape}].`);
}
