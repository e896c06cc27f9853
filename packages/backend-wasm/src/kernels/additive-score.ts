import { ADDITIVE_SCORE } from "@heed/core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "../wasm-kernel.ts";

/** `v · tanh(query + key)` of every pair (`assembly/additive-score.ts`): a step of Bahdanau's attention in one pass. */
export const additiveScore: WasmKernel = {
	kernelName: ADDITIVE_SCORE,
	run({ input, memory, kernels }) {
		const [query, key, v] = ["query", "key", "v"].map(input) as [TensorInfo, TensorInfo, TensorInfo];
		const [batch = 0, queries = 0, units = 0] = query.shape;
		const keys = key.shape[1] ?? 0;
		const scores = memory.allocate([batch, queries, keys], "float32");
		const [q, k, weights, to] = [query, key, v, scores].map(memory.pointer) as [
			number,
			number,
			number,
			number,
		];
		kernels.additiveScore(q, k, weights, batch, queries, keys, units, to);
		return [scores];
	},
};

/** The gradients of query, key and v. */
export const additiveScoreGrad: WasmKernel = {
	kernelName: `${ADDITIVE_SCORE}Grad`,
	run({ input, memory, kernels }) {
		const tensors = ["upstream0", "query", "key", "v"].map(input);
		const [, query, key, v] = tensors as [TensorInfo, TensorInfo, TensorInfo, TensorInfo];
		const [batch = 0, queries = 0, units = 0] = query.shape;
		return memory.allocating((allocate) => {
			const gradients = [query, key, v].map(({ shape }): TensorInfo => allocate(shape, "float32"));
			const sizes = [batch, queries, key.shape[1] ?? 0, units];
			kernels.additiveScoreGrad(...tensors.map(memory.pointer), ...sizes, ...gradients.map(memory.pointer));
			return gradients;
		});
	},
};
