import type { WasmKernel } from "../wasm-kernel.ts";
import { isProduct, matrixProduct } from "./matrix-product.ts";

/**
 * `BatchMatMul` by blocked and packed products (`assembly/product.ts`).
 *
 *     output[n, i, j] = Σ_k a[n, i, k] · b[n, k, j]        (either operand may lie transposed in memory)
 *
 * The host multiplies through XNNPACK only when there is one batch item and nothing is transposed, and otherwise runs
 * a scalar triple loop that is 8 to 40 times slower: every backward pass has two transposed products.
 *
 * It is also wrong where batch shapes broadcast otherwise than "all of them" against "the same" or "one": `[2, 1]`
 * against `[3]` has six items, but the host computes three.
 */
export const batchMatMul: WasmKernel = {
	kernelName: "BatchMatMul",
	run(run) {
		const operands = {
			a: run.input("a"),
			b: run.input("b"),
			transposeA: run.attrs.transposeA === true,
			transposeB: run.attrs.transposeB === true,
		};
		return isProduct(operands) ? matrixProduct(run, operands) : run.stock();
	},
};
