import { util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";
import { batchProduct, matrixProduct } from "./matrix-product.ts";
import { directCost, scalarCost, swappedCost } from "./product-cost.ts";

/**
 * `BatchMatMul` where every operand takes the host's fast path.
 *
 *     output[n, i, j] = Σ_k a[n, i, k] · b[n, k, j]        (either operand may lie transposed in memory)
 *
 * The host multiplies through XNNPACK only when there is one batch item and nothing is transposed, and otherwise runs
 * a scalar triple loop that is 8 to 30 times slower: every backward pass has two transposed products. Here transposed
 * operands are transposed first, and batch items take the fast path one by one when they are large enough.
 */
export const batchMatMul: WasmKernel = {
	kernelName: "BatchMatMul",
	run(run) {
		const { input, attrs, stock } = run;
		const a = input("a"); // [..., M, K], or [..., K, M] when transposed
		const b = input("b"); // [..., K, N], or [..., N, K] when transposed
		const transposeA = attrs.transposeA === true;
		const transposeB = attrs.transposeB === true;
		const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
		const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
		const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
		const [kB, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
		const itemsA = util.sizeFromShape(a.shape.slice(0, -2));
		const itemsB = util.sizeFromShape(b.shape.slice(0, -2));
		const items = Math.max(itemsA, itemsB);

		// Wrong types and sizes are the host's to complain about, and small products are not worth a detour.
		const fits =
			a.dtype === "float32" && b.dtype === "float32" && k === kB && m * k * n * itemsA * itemsB > 0;
		if (!fits || (itemsA !== itemsB && itemsA !== 1 && itemsB !== 1)) return stock();
		const outer = itemsA >= itemsB ? a.shape.slice(0, -2) : b.shape.slice(0, -2);
		const shape = [...outer, m, n];

		if (items === 1 || (itemsB === 1 && !transposeA)) {
			// One matrix on the right for all items: the items are more rows of the left one.
			const product = { m: items * m, k, n, transposeA, transposeB };
			const transposed = transposeA || transposeB;
			if (transposed && scalarCost(product) <= Math.min(directCost(product), swappedCost(product)))
				return stock();
			const left = { ...a, shape: transposeA ? [k, m] : [items * m, k] };
			const right = { ...b, shape: transposeB ? [n, k] : [k, n] };
			return { ...matrixProduct(run, left, right, product), shape };
		}
		const item = { m, k, n, transposeA, transposeB };
		if (scalarCost(item) <= directCost(item)) return stock();
		const left = { ...a, shape: [itemsA, rowsA, columnsA] };
		const right = { ...b, shape: [itemsB, rowsB, columnsB] };
		return { ...batchProduct(run, left, right, transposeA, transposeB), shape };
	},
};
