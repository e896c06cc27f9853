import { LSTM_SEQUENCE } from "@heed/core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";
import { zero } from "./zero.ts";

/** All steps of an LSTM in one kernel (`assembly/recurrent/lstm.ts`). */
export const lstmSequence: WasmKernel = {
	kernelName: LSTM_SEQUENCE,
	run({ input, attrs, memory, kernels }) {
		const [time = 0, batch = 0] = input("x").shape; // [T, B, 4U]
		const units = input("hidden").shape[1] ?? 0;
		return memory.allocating((allocate) => {
			const sizes = [units, units, 4 * units, units];
			const outputs = sizes.map((size) => allocate([time, batch, size], "float32"));
			if (batch * units === 0) return outputs;
			memory.withScratch(kernels.lstmForwardScratch(batch, units) >>> 0, (scratch) => {
				const names = ["x", "hidden", "cell", "kernel", "live"];
				const pointers = names.map((name) => memory.pointer(input(name)));
				const results = outputs.map(memory.pointer);
				kernels.lstmForward(...pointers, time, batch, units, attrs.reverse === true, ...results, scratch);
			});
			return outputs;
		});
	},
};

/** The gradients of x, of both initial states, of the kernel, and zeros for the steps that count. */
export const lstmSequenceGrad: WasmKernel = {
	kernelName: `${LSTM_SEQUENCE}Grad`,
	run({ input, attrs, memory, kernels }) {
		const hidden = input("hidden"); // [B, U]
		const live = input("live"); // [T, B, 1]
		const [time = 0, batch = 0, units = 0] = input("output0").shape;
		return memory.allocating((allocate) => {
			const shapes = [[time, batch, 4 * units], hidden.shape, hidden.shape, input("kernel").shape];
			const gradients = shapes.map((shape): TensorInfo => allocate(shape, "float32"));
			const constant = allocate(live.shape, "float32");
			zero(memory, [constant]);
			if (batch * units === 0) return [...zero(memory, gradients), constant];
			memory.withScratch(kernels.lstmBackwardScratch(time, batch, units) >>> 0, (scratch) => {
				const outputs = ["output0", "output1", "output2", "output3"];
				const names = ["upstream0", "upstream1", "hidden", "cell", "kernel", "live", ...outputs];
				const pointers = names.map((name) => memory.pointer(input(name)));
				const results = gradients.map(memory.pointer);
				kernels.lstmBackward(...pointers, time, batch, units, attrs.reverse === true, ...results, scratch);
			});
			return [...gradients, constant];
		});
	},
};
