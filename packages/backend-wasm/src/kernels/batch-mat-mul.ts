import { broadcast_util, util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";
import { broadcastItems } from "./broadcast-items.ts";
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
 *
 * It is also wrong where batch shapes broadcast otherwise than "all of them" against "the same" or "one": `[2, 1]`
 * against `[3]` has six items, but the host computes three. Such batches are walked here item by item, always.
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
		const outerA = a.shape.slice(0, -2);
		const outerB = b.shape.slice(0, -2);

		// Wrong types and sizes are the host's to complain about.
		const fits = a.dtype === "float32" && b.dtype === "float32" && k === kB;
		if (!fits || a.shape.includes(0) || b.shape.includes(0)) return stock();
		const outer = broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
		const [items, itemsA, itemsB] = [outer, outerA, outerB].map(util.sizeFromShape) as [
			number,
			number,
			number,
		];
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
		// Small products are not worth a detour where the host gets them right.
		const plain = (itemsA === items || itemsA === 1) && (itemsB === items || itemsB === 1);
		const item = { m, k, n, transposeA, transposeB };
		if (plain && scalarCost(item) <= directCost(item)) return stock();
		const rightItems = broadcastItems(outerB, outer);
		const pairs = broadcastItems(outerA, outer).map((itemA, i) => [itemA, rightItems[i] ?? 0] as const);
		const left = { ...a, shape: [itemsA, rowsA, columnsA] };
		const right = { ...b, shape: [itemsB, rowsB, columnsB] };
		return { ...batchProduct(run, left, right, { transposeA, transposeB, pairs }), shape };
	},
};
