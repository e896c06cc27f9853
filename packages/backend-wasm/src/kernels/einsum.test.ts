import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	expectSameAsCpu,
	randomTensor,
	useBackend,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { restoreStockKernels, useFastKernels } from "../index.ts";

const sizes: Record<string, number> = { b: 2, h: 3, i: 5, j: 7, k: 4, d: 6 };
const operands = (equation: string): tf.Tensor[] =>
	(equation.split("->")[0] ?? "").split(",").map((labels, i) =>
		randomTensor(
			[...labels].map((label) => sizes[label] ?? 1),
			i + 1,
			0.5,
		),
	);

/** The definition: for every index of the result, the sum over all others of the products. In float64. */
function reference(equation: string): { shape: number[]; values: number[] } {
	const [inputs = "", output = ""] = equation.split("->");
	const data = operands(equation).map((tensor) => [...tensor.dataSync()]);
	const labels = [...new Set(output + inputs.replace(",", ""))];
	const shape = [...output].map((label) => sizes[label] ?? 1);
	const values = new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0);
	const at: Record<string, number> = {};
	const flat = (axes: string): number =>
		[...axes].reduce((index, label) => index * (sizes[label] ?? 1) + (at[label] ?? 0), 0);
	const visit = (depth: number): void => {
		const label = labels[depth];
		if (label === undefined) {
			const term = inputs.split(",").reduce((product, axes, i) => product * (data[i]?.[flat(axes)] ?? 0), 1);
			values[flat(output)] = (values[flat(output)] ?? 0) + term;
			return;
		}
		for (at[label] = 0; at[label] < (sizes[label] ?? 1); at[label]++) visit(depth + 1);
	};
	visit(0);
	return { shape, values };
}

const equations = [
	...[
		"ij->ji",
		"ijk->k",
		"ij->",
		"bij->bji",
		"ij,jk->ik",
		"bij,bjk->bik",
		"bhid,bhjd->bhij",
		"bhij,bhjd->bhid",
	],
	...["bjhd,bihd->bhij", "i,j->ij", "ij,ij->ij", "ij,ij->", "ijk,k->ji"],
];
/** The host's cpu kernel is wrong where an axis of one operand alone is summed, and returns its input for the last. */
const wasmOnly = ["ij,jk->k", "ij,k->i", "bik,k->b", "ij,kb->", "ij->ij"];

describe("Einsum on wasm", () => {
	useBackend("wasm");

	it.each([...equations, ...wasmOnly])("%s by the definition", (equation) => {
		const actual = tf.einsum(equation, ...operands(equation));
		const { shape, values } = reference(equation);
		expect(actual.shape).toEqual(shape);
		expectClose(actual, values, { atol: 1e-4 });
		expectNoLeak(() => tf.tidy(() => tf.einsum(equation, ...operands(equation))));
	});

	it("builds nothing of the size of all axes together", () => {
		const before = tf.memory().numBytes;
		let peak = 0;
		const matMul = tf.getKernel("BatchMatMul", "wasm");
		tf.unregisterKernel("BatchMatMul", "wasm");
		tf.registerKernel({
			...matMul,
			kernelFunc: (call) => {
				peak = Math.max(peak, tf.memory().numBytes - before);
				return matMul.kernelFunc(call);
			},
		});
		tf.dispose(tf.einsum("bhid,bhjd->bhij", tf.ones([2, 3, 50, 40]), tf.ones([2, 3, 60, 40])));
		tf.unregisterKernel("BatchMatMul", "wasm");
		tf.registerKernel(matMul);
		expect(peak).toBeGreaterThan(0);
		expect(peak).toBeLessThan(4 * 2 * 3 * 40 * (50 + 60) * 3);
	});

	it("is exact for int32", async () => {
		await expectSameAsCpu(
			"wasm",
			() => {
				const x = tf.cast(tf.mul(randomTensor([3, 5], 1), 5000), "int32");
				return tf.einsum("ij,kj->ik", x, x);
			},
			{ atol: 0 },
		);
	});

	it.each([
		["ij,jk,kl->il", 3, /more than 2/],
		["ii->i", 1, /duplicate axes/],
		["ij", 1, /arrow/],
		["ijk->i", 1, /operand 0 \[2,2\] has rank 2, but 'ijk->i' gives it 3 axes/],
		["ij->ii", 1, /names an axis of the result twice/],
	] as const)("refuses %s", (equation, count, message) => {
		const tensors = Array.from({ length: count }, () => tf.ones([2, 2]));
		expect(() => tf.einsum(equation, ...tensors)).toThrow(message);
	});
});

describeOnEveryBackend("the gradient of einsum", (backend) => {
	it.each(backend === "wasm" ? [...equations, ...wasmOnly] : equations)("%s", (equation) => {
		expectGradientsMatch((...tensors) => tf.einsum(equation, ...tensors), operands(equation));
	});

	it("goes away with the kernels", () => {
		restoreStockKernels();
		expect(tf.getGradient("Einsum")).toBeUndefined();
		useFastKernels();
		expect(tf.getGradient("Einsum")).toBeDefined();
	});
});
