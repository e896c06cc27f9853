import type * as tf from "@tensorflow/tfjs-core";
import { type AttentionOptions, scaledDotProductAttention } from "../src/index.ts";

/** The paths of attention to try on a backend. `auto` takes the fused kernels where a package has brought some; on a GPU they are all. */
export const implementationsOn = (backend: string): readonly ("auto" | "fused" | "blocked" | "dense")[] =>
	backend === "webgpu" ? ["fused"] : ["auto", "blocked", "dense"];

/** Attention with these options, as a function of query, key and value that the host can differentiate. */
export function attend(options: AttentionOptions): (...inputs: tf.Tensor[]) => tf.Tensor4D {
	return (...[q, k, v]) =>
		scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, {
			...options,
			returnWeights: false,
		});
}
