import * as tf from "@tensorflow/tfjs-core";
import { contract } from "../einsum/contract.ts";
import { readEquation } from "../einsum/equation.ts";
import type { WasmKernel } from "../wasm-kernel.ts";

/** `Einsum`, which the host's wasm backend lacks, as transpositions and one batched matrix product. */
export const einsum: WasmKernel = {
	kernelName: "Einsum",
	run({ inputs, attrs }) {
		// The op passes tensors, and the host runs ordinary ops inside a kernel without recording them.
		const operands = Object.values(inputs).filter((operand) => operand instanceof tf.Tensor);
		const equation = readEquation(attrs.equation as string, operands);
		return tf.tidy(() => {
			const [first, second] = operands.map((tensor, i) => ({ tensor, labels: equation.operands[i] ?? "" }));
			if (first === undefined) throw new Error("einsum: there is no operand.");
			const result = contract(equation.output, first, second);
			return operands.includes(result) ? tf.clone(result) : result;
		});
	},
};
