import * as tf from "@tensorflow/tfjs-core";
import { type OnnxProgram, onnxProgram } from "./onnx-program.ts";
import { normalValues } from "./random-values.ts";
import type { TensorCase, Workload } from "./workload.ts";

/** `C[m, n] = A · B`, as often as there are items, either operand stored transposed. */
interface Product {
	readonly items?: number;
	readonly m: number;
	readonly k: number;
	readonly n: number;
	readonly transposeA?: boolean;
	readonly transposeB?: boolean;
}

const cube = { m: 512, k: 512, n: 512 };

/** Matrix products: those of a forward pass (nn), of the two gradients (nt, tn), in batches, and of a small layer. */
export const matMulWorkloads: readonly Workload[] = [
	product("nn", "512³", cube),
	product("nt", "512³, right one transposed", { ...cube, transposeB: true }),
	product("tn", "512³, left one transposed", { ...cube, transposeA: true }),
	product("batched", "64 × 64³", { items: 64, m: 64, k: 64, n: 64 }),
	product("skinny", "[64, 256] · [256, 768]", { m: 64, k: 256, n: 768 }),
];

function product(name: string, title: string, sizes: Product): Workload {
	const { items = 1, m, k, n } = sizes;
	return {
		id: `matmul/${name}`,
		section: "Matrix product",
		title,
		flops: 2 * items * m * k * n,
		quick: m === 512,
		tensors: () => matMulCase(sizes),
		onnx: () => matMulProgram(sizes),
	};
}

function operands({ items, m, k, n, transposeA, transposeB }: Product) {
	const of = (name: string, rows: number, columns: number, swap: boolean | undefined, seed: number) => {
		const shape = [...(items === undefined ? [] : [items]), ...(swap ? [columns, rows] : [rows, columns])];
		return { name, shape, data: normalValues((items ?? 1) * rows * columns, seed) };
	};
	return [of("a", m, k, transposeA, 1), of("b", k, n, transposeB, 2)] as const;
}

function matMulCase(sizes: Product): TensorCase {
	const [left, right] = operands(sizes);
	const { transposeA = false, transposeB = false } = sizes;
	const a = tf.tensor(left.data, left.shape);
	const fresh = (): tf.Tensor => tf.tensor(right.data, right.shape);
	let b = fresh();
	const run = (): tf.Tensor => tf.matMul(a, b, transposeA, transposeB);
	return {
		async results() {
			const output = run();
			const values = await output.data();
			output.dispose();
			return [values];
		},
		// The host keeps a packed copy of a right operand that it has seen, which in training it never has.
		prepare() {
			b.dispose();
			b = fresh();
		},
		run,
		dispose: () => tf.dispose([a, b]),
	};
}

/** `MatMul`, or `Gemm` where an operand is transposed. The right operand is an input, so it is not packed beforehand. */
function matMulProgram(sizes: Product): OnnxProgram {
	const { items, m, n, transposeA, transposeB } = sizes;
	const results = [{ name: "c", shape: [...(items === undefined ? [] : [items]), m, n] }];
	if (!transposeA && !transposeB) return onnxProgram("MatMul", 13, {}, operands(sizes), results);
	const attributes = { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } };
	return onnxProgram("Gemm", 13, attributes, operands(sizes), results);
}
