import { broadcast_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { Host } from "../host.ts";
import { broadcastItems } from "./broadcast-items.ts";

/** The operands of a product, as the host's ops give them. */
export interface Operands {
	readonly a: TensorInfo; // [..., M, K], or [..., K, M] when transposed
	readonly b: TensorInfo; // [..., K, N], or [..., N, K] when transposed
	readonly transposeA: boolean;
	readonly transposeB: boolean;
}

/** Whether these are float32 matrices that fit; what does not is the host's to complain about. */
export function isProduct({ a, b, transposeA, transposeB }: Operands): boolean {
	const inner = a.shape.at(transposeA ? -2 : -1);
	const fits = inner === b.shape.at(transposeB ? -1 : -2);
	return a.dtype === "float32" && b.dtype === "float32" && a.shape.length >= 2 && b.shape.length >= 2 && fits;
}

/**
 * `output[n, i, j] = Σ_k a[n, i, k] · b[n, k, j]` for batches that broadcast in any way.
 *
 * @returns `[...batch, M, N]`.
 */
export function matrixProduct({ memory, kernels }: Host, operands: Operands): TensorInfo {
	const { a, b, transposeA, transposeB } = operands;
	const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
	const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
	const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
	const n = transposeB ? rowsB : columnsB;
	const outerA = a.shape.slice(0, -2);
	const outerB = b.shape.slice(0, -2);
	const outer = broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
	const [items = 1, itemsA = 1, itemsB = 1] = [outer, outerA, outerB].map((shape) =>
		util.sizeFromShape(shape),
	);

	return memory.allocating((allocate) => {
		const output = allocate([...outer, m, n], "float32");
		if (k === 0) memory.floats(output).fill(0);
		if (items * m * n * k === 0) return output;
		// One matrix on the right for all items: the items are more rows of the left one.
		const merged = itemsB === 1 && itemsA === items && !transposeA;
		const rows = merged ? items * m : m;
		const count = merged ? 1 : items;
		memory.withScratch(kernels.multiplyScratch(rows, k, n) >>> 0, (scratch) => {
			const [left, right, target] = [a, b, output].map((tensor) => memory.pointer(tensor)) as [
				number,
				number,
				number,
			];
			const [stepA, stepB, step] = [4 * m * k, 4 * k * n, 4 * m * n];
			const multiply = (itemA: number, itemB: number, item: number, times: number): void =>
				kernels.multiplyItems(
					left + itemA * stepA,
					itemsA === 1 ? 0 : stepA,
					transposeA,
					right + itemB * stepB,
					itemsB === 1 ? 0 : stepB,
					transposeB,
					target + item * step,
					times,
					rows,
					k,
					n,
					scratch,
				);
			const plain = [itemsA, itemsB].every((own) => own === 1 || own === items);
			if (plain) {
				multiply(0, 0, 0, count);
				return;
			}
			const rightItems = broadcastItems(outerB, outer);
			broadcastItems(outerA, outer).forEach((itemA, item) => {
				multiply(itemA, rightItems[item] ?? 0, item, 1);
			});
		});
		return output;
	});
}
