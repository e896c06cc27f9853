import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelRun } from "../wasm-kernel.ts";
import { directCost, type ProductShape, swappedCost } from "./product-cost.ts";

/** `a · b` of two float32 matrices through the host's XNNPACK path, which knows no transposed operands. */
export function matrixProduct(
	run: KernelRun,
	a: TensorInfo, // [M, K], or [K, M] when transposed
	b: TensorInfo, // [K, N], or [N, K] when transposed
	shape: ProductShape,
): TensorInfo {
	const { transposeA, transposeB } = shape;
	// The host keeps the packed form of a right operand that stays, such as a weight: worth more than any rearranging.
	if (!transposeA && !transposeB) return multiply(run, a, b);
	return directCost(shape) <= swappedCost(shape)
		? withTransposed(run, a, transposeA, (left) =>
				withTransposed(run, b, transposeB, (right) => multiply(run, left, right)),
			)
		: viaTransposed(run, () =>
				withTransposed(run, b, !transposeB, (left) =>
					withTransposed(run, a, !transposeA, (right) => multiply(run, left, right)),
				),
			);
}

/** How {@link batchProduct} reads its operands. */
export interface BatchProductOptions {
	readonly transposeA: boolean;
	readonly transposeB: boolean;
	/** For each item of the result: which item of `a`, and which of `b`. */
	readonly pairs: readonly (readonly [itemA: number, itemB: number])[];
	/** Multiplies two matrices. Default: the host's product. */
	readonly product?: (a: TensorInfo, b: TensorInfo) => TensorInfo;
}

/** The same for every item of a batch, one by one. */
export function batchProduct(
	run: KernelRun,
	a: TensorInfo, // [itemsA, M, K], or [.., K, M] when transposed
	b: TensorInfo, // [itemsB, K, N], or [.., N, K] when transposed
	{ transposeA, transposeB, pairs, product = (x, y) => multiply(run, x, y) }: BatchProductOptions,
): TensorInfo {
	const { memory } = run;
	const left = transposeA ? turnItems(run, a) : a;
	const right = transposeB ? turnItems(run, b) : b;
	const [, m = 0, k = 0] = left.shape;
	const [itemsB = 0, , n = 0] = right.shape;
	const output = memory.allocate([pairs.length, m, n], "float32");
	// The host keeps the packed form of a right operand under its handle: one window for all items packs once.
	const shared = itemsB === 1 ? memory.openWindow(right, [k, n], 0) : undefined;
	pairs.forEach(([itemA, itemB], item) => {
		const windowA = memory.openWindow(left, [m, k], itemA * m * k);
		const windowB = shared ?? memory.openWindow(right, [k, n], itemB * k * n);
		const result = product(windowA, windowB);
		memory.floats(output).set(memory.floats(result), item * m * n);
		memory.free(result);
		if (shared === undefined) memory.closeWindow(windowB);
		memory.closeWindow(windowA);
	});
	if (shared !== undefined) memory.closeWindow(shared);
	if (left !== a) memory.free(left);
	if (right !== b) memory.free(right);
	return output;
}

function multiply(run: KernelRun, a: TensorInfo, b: TensorInfo): TensorInfo {
	return run.host("BatchMatMul", { a, b }, { transposeA: false, transposeB: false });
}

function withTransposed(
	run: KernelRun,
	x: TensorInfo,
	needed: boolean,
	use: (matrix: TensorInfo) => TensorInfo,
): TensorInfo {
	if (!needed) return use(x);
	const turned = run.host("Transpose", { x }, { perm: [1, 0] });
	const result = use(turned);
	run.memory.free(turned);
	return result;
}

function viaTransposed(run: KernelRun, make: () => TensorInfo): TensorInfo {
	const transposed = make();
	const result = run.host("Transpose", { x: transposed }, { perm: [1, 0] });
	run.memory.free(transposed);
	return result;
}

function turnItems(run: KernelRun, x: TensorInfo): TensorInfo {
	return run.host("Transpose", { x }, { perm: [0, 2, 1] });
}
