import { broadcast_util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";
import { mergedAxes } from "./merged-axes.ts";

/**
 * Comparisons, with broadcasting. The host computes where each number comes from one by one, as soon as an operand is repeated
 * along another than the first axes: 120 ns for a number. The gradient of `tf.max` is such a comparison.
 */
const compare = (kernelName: string, what: number, exchanged = false): WasmKernel => ({
	kernelName,
	run({ input, memory, kernels, stock }) {
		const a = input(exchanged ? "b" : "a");
		const b = input(exchanged ? "a" : "b");
		const floats = a.dtype === "float32";
		if (a.dtype !== b.dtype || !(floats || a.dtype === "int32")) return stock();
		const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
		const output = memory.allocate(shape, "bool");
		const axes = mergedAxes([a.shape, b.shape], shape);
		const [rows, columns] = axes.slice(-2) as [(typeof axes)[number], (typeof axes)[number]];
		const [aRow = 0, bRow = 0] = rows.strides;
		const [aStep = 0, bStep = 0] = columns.strides;
		let to = memory.pointer(output);
		const visit = (axis: number, atA: number, atB: number): void => {
			const [strideA = 0, strideB = 0] = axes[axis]?.strides ?? [];
			if (axis === axes.length - 2) {
				kernels.compare(
					what,
					floats,
					atA,
					4 * aRow,
					4 * aStep,
					atB,
					4 * bRow,
					4 * bStep,
					rows.size,
					columns.size,
					to,
				);
				to += rows.size * columns.size;
				return;
			}
			for (let i = 0; i < (axes[axis]?.size ?? 0); i++)
				visit(axis + 1, atA + 4 * i * strideA, atB + 4 * i * strideB);
		};
		visit(0, memory.pointer(a), memory.pointer(b));
		return output;
	},
});

export const equal: WasmKernel = compare("Equal", 0);
export const notEqual: WasmKernel = compare("NotEqual", 1);
export const less: WasmKernel = compare("Less", 2);
export const lessEqual: WasmKernel = compare("LessEqual", 3);
export const greater: WasmKernel = compare("Greater", 2, true);
export const greaterEqual: WasmKernel = compare("GreaterEqual", 3, true);
