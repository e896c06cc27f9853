import { ADAM_STEP, type AdamStepAttributes } from "@heed/core";
import { util } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";

/** One update of Adam in one pass (`assembly/adam.ts`); `Adam` of `@heed/train` uses it, in place of ten operations. */
export const adamStep: WasmKernel = {
	kernelName: ADAM_STEP,
	run({ input, attrs, memory, kernels }) {
		const { beta1, beta2, rate, epsilon, keep } = attrs as unknown as AdamStepAttributes; // the host types them as a record
		const inputs = ["variable", "gradient", "mean", "square"].map(input);
		const [variable] = inputs as [(typeof inputs)[number]];
		for (const { shape, dtype } of inputs) {
			if (dtype === "float32" && util.arraysEqual(shape, variable.shape)) continue;
			throw new Error(
				`${ADAM_STEP}: a ${dtype} tensor [${shape}] came; expected float32 [${variable.shape}].`,
			);
		}
		return memory.allocating((allocate) => {
			const outputs = inputs.slice(1).map(() => allocate(variable.shape, "float32"));
			const count = util.sizeFromShape(variable.shape);
			const from = inputs.map(memory.pointer) as [number, number, number, number];
			const to = outputs.map(memory.pointer) as [number, number, number];
			kernels.adamStep(...from, count, beta1, beta2, rate, epsilon, keep, ...to);
			return outputs;
		});
	},
};
