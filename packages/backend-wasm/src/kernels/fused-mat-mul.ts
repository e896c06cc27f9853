import { broadcast_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { HostMemory } from "../host-memory.ts";
import type { WasmKernel } from "../wasm-kernel.ts";
import { broadcastItems } from "./broadcast-items.ts";
import { isProduct, matrixProduct, type Operands } from "./matrix-product.ts";

/** The activations that run in the compiled kernel, by their number there; the others follow in JavaScript. */
export const compiledActivations: Readonly<Record<string, number>> = {
	linear: 0,
	relu: 1,
	relu6: 2,
	leakyrelu: 3,
	sigmoid: 4,
};

/**
 * `_FusedMatMul`: `activation(a · b + bias)`, by the product of {@link batchMatMul} and one pass over the result.
 *
 * The host is right only for one batch item with nothing transposed: otherwise it adds the bias and applies the activation
 * once for every 48 terms of the sum. And it reads the slope of a prelu as one number for each column, whatever its shape.
 */
export const fusedMatMul: WasmKernel = {
	kernelName: "_FusedMatMul",
	run({ input, inputs, attrs, memory, kernels, stock }) {
		const operands = {
			a: input("a"), // [items or 1, M, K], or [.., K, M] when transposed
			b: input("b"), // [items or 1, K, N], or [.., N, K] when transposed
			transposeA: attrs.transposeA === true,
			transposeB: attrs.transposeB === true,
		};
		const { bias, preluActivationWeights: slopes } = inputs;
		const columns = operands.b.shape.at(operands.transposeB ? -2 : -1) ?? 0;
		const activation = String(attrs.activation ?? "linear");
		const known =
			activation in compiledActivations ||
			activation === "elu" ||
			(activation === "prelu" && slopes !== undefined);
		// A bias for each column; the host refuses others.
		const biased =
			bias === undefined ||
			(bias.shape.length === 1 && bias.shape[0] === columns && bias.dtype === "float32");
		if (!isProduct(operands) || !known || !biased) return stock();

		const slopeItems =
			activation === "prelu" && slopes !== undefined ? checkedSlopes(slopes, operands) : undefined;
		const output = matrixProduct({ memory, kernels }, operands);
		if (columns > 0) {
			kernels.biasAndActivate(
				memory.pointer(output),
				util.sizeFromShape(output.shape) / columns,
				columns,
				bias === undefined ? 0 : memory.pointer(bias),
				compiledActivations[activation] ?? 0,
				Number(attrs.leakyreluAlpha ?? 0),
			);
		}
		if (activation === "elu") elu(memory, output);
		if (slopeItems !== undefined && slopes !== undefined) prelu(memory, output, slopes, slopeItems);
		return output;
	},
};

function elu(memory: HostMemory, x: TensorInfo): void {
	const xs = memory.floats(x);
	xs.forEach((value, i) => {
		if (value < 0) xs[i] = Math.expm1(value);
	});
}

function prelu(memory: HostMemory, x: TensorInfo, slopes: TensorInfo, slopeItems: readonly number[]): void {
	const xs = memory.floats(x);
	const values = memory.floats(slopes);
	slopeItems.forEach((at, i) => {
		const value = xs[i] ?? 0;
		if (value < 0) xs[i] = value * (values[at] ?? 0);
	});
}

/** Which slope each element of the product has. The op has folded the product's batch axes into one; so are the slopes'. */
function checkedSlopes({ shape }: TensorInfo, operands: Operands): number[] {
	const { a, b, transposeA, transposeB } = operands;
	const product = [
		...broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)),
		a.shape.at(transposeA ? -1 : -2) ?? 0,
		b.shape.at(transposeB ? -2 : -1) ?? 0,
	];
	const folded = shape.length < 3 ? shape : [util.sizeFromShape(shape.slice(0, -2)), ...shape.slice(-2)];
	const joint = broadcast_util.assertAndGetBroadcastShape(folded, product);
	if (util.arraysEqual(joint, product)) return broadcastItems(folded, product);
	throw new Error(`_FusedMatMul: the prelu slopes [${shape}] do not broadcast to the product [${product}].`);
}
