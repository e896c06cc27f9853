import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";
import { batchProduct } from "./matrix-product.ts";

/**
 * `_FusedMatMul`: `activation(a · b + bias)`. As {@link batchMatMul}: the host is fast for one batch item without
 * transposed operands, so everything else is brought into that form.
 *
 * It is also right only there: in its scalar loop the host adds the bias and applies the activation once for every 48
 * terms of the sum.
 */
export const fusedMatMul: WasmKernel = {
	kernelName: "_FusedMatMul",
	run(run) {
		const { input, inputs, attrs, stock, host } = run;
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
		const easy = itemsA === 1 && itemsB === 1 && !transposeA && !transposeB;
		if (!fits || easy || a.shape.includes(0) || b.shape.includes(0)) return stock();

		// A slope per output element would have to be cut into items too.
		if (inputs.preluActivationWeights !== undefined && (itemsA > 1 || itemsB > 1)) return stock();
		const plain = { ...attrs, transposeA: false, transposeB: false };
		const single = (left: TensorInfo, right: TensorInfo): TensorInfo =>
			host("_FusedMatMul", { ...inputs, a: asItem(left), b: asItem(right) }, plain);
		return batchProduct(run, a, b, transposeA, transposeB, single);
	},
};

const asItem = (matrix: TensorInfo): TensorInfo => ({ ...matrix, shape: [1, ...matrix.shape] });
