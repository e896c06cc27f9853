import { GRU_SEQUENCE } from "@heed/core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";
import { zero } from "./zero.ts";

/** All steps of a GRU in one kernel (`assembly/recurrent/gru.ts`); the composition of `@heed/core` takes a dozen for each. */
export const gruSequence: WasmKernel = {
	kernelName: GRU_SEQUENCE,
	run({ input, attrs, memory, kernels }) {
		const x = input("x"); // [T, B, 3U]
		const initial = input("initial"); // [B, U]
		const [time = 0, batch = 0] = x.shape;
		const units = initial.shape[1] ?? 0;
		return memory.allocating((allocate) => {
			const outputs = Array.from({ length: 5 }, () => allocate([time, batch, units], "float32"));
			if (batch * units === 0) return outputs;
			memory.withScratch(kernels.gruForwardScratch(batch, units) >>> 0, (scratch) => {
				const pointers = [x, initial, input("kernel"), input("bias")].map(memory.pointer);
				const results = outputs.map(memory.pointer);
				kernels.gruForward(...pointers, time, batch, units, attrs.reverse === true, ...results, scratch);
			});
			return outputs;
		});
	},
};

/** The gradients of x, of the initial state, of the kernel and of the bias. */
export const gruSequenceGrad: WasmKernel = {
	kernelName: `${GRU_SEQUENCE}Grad`,
	run({ input, attrs, memory, kernels }) {
		const initial = input("initial"); // [B, U]
		const kernel = input("kernel"); // [U, 3U]
		const states = input("output0"); // [T, B, U]
		const [time = 0, batch = 0, units = 0] = states.shape;
		return memory.allocating((allocate) => {
			const shapes = [[time, batch, 3 * units], initial.shape, kernel.shape, [3 * units]];
			const gradients = shapes.map((shape): TensorInfo => allocate(shape, "float32"));
			if (batch * units === 0) return zero(memory, gradients);
			memory.withScratch(kernels.gruBackwardScratch(time, batch, units) >>> 0, (scratch) => {
				const names = [
					"upstream0",
					"initial",
					"kernel",
					"output0",
					"output1",
					"output2",
					"output3",
					"output4",
				];
				const pointers = names.map((name) => memory.pointer(input(name)));
				const results = gradients.map(memory.pointer);
				kernels.gruBackward(...pointers, time, batch, units, attrs.reverse === true, ...results, scratch);
			});
			return gradients;
		});
	},
};
