import { scaledDotProductAttention } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { causalBias, composedAttention, repeatHeads } from "./composed-attention.ts";
import { type OnnxProgram, onnxProgram } from "./onnx-program.ts";
import { normalValues } from "./random-values.ts";
import type { TensorCase } from "./workload.ts";

/** One problem of scaled dot-product attention, of batch 1. */
export interface AttentionSizes {
	readonly heads: number;
	/** Heads of key and value. Default: as many. */
	readonly keyHeads?: number;
	readonly length: number;
	readonly dim: number;
	readonly causal?: boolean;
	/** With the gradients of query, key and value. */
	readonly backward?: boolean;
}

/** Floating-point operations: two products forward, five more backward. */
export function attentionFlops({ heads, length, dim, causal, backward }: AttentionSizes): number {
	const pairs = causal ? (length * (length + 1)) / 2 : length * length;
	return 4 * heads * pairs * dim * (backward ? 3.5 : 1);
}

/** Query, key, value and the gradient that comes from behind, as numbers. */
function operands({ heads, keyHeads = heads, length, dim }: AttentionSizes) {
	const of = (name: string, count: number, seed: number) => ({
		name,
		shape: [1, count, length, dim] as [number, number, number, number],
		data: normalValues(count * length * dim, seed),
	});
	return {
		query: of("query", heads, 1),
		key: of("key", keyHeads, 2),
		value: of("value", keyHeads, 3),
		outer: of("outer", heads, 4),
	};
}

/** The problem on the current backend: Heed's function, or the host's ops put together. */
export function attentionCase(sizes: AttentionSizes, heed: boolean): TensorCase {
	const { heads, keyHeads = heads, length, causal = false, backward = false } = sizes;
	const { query, key, value, outer } = operands(sizes);
	const tensors = [query, key, value].map(({ data, shape }) => tf.tensor4d(data, shape));
	const mask = causal && !heed ? causalBias(length) : undefined; // made once, as a user would
	const dy = backward ? tf.tensor4d(outer.data, outer.shape) : undefined;
	const attend = (...[q, k, v]: tf.Tensor[]): tf.Tensor => {
		const [q4, k4, v4] = [q, k, v] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
		// `fused` instead of the default `auto`, so that the composition is never timed in its place.
		if (heed) return scaledDotProductAttention(q4, k4, v4, { causal, implementation: "fused" });
		const times = heads / keyHeads;
		return composedAttention(q4, repeatHeads(k4, times), repeatHeads(v4, times), mask);
	};
	const run = (): tf.Tensor[] => (dy ? tf.grads(attend)(tensors, dy) : [tf.tidy(() => attend(...tensors))]);
	return {
		async results() {
			const outputs = run();
			const values = await Promise.all(outputs.map((tensor) => tensor.data()));
			tf.dispose(outputs);
			return values;
		},
		run,
		dispose: () => tf.dispose([...tensors, ...(mask ? [mask] : []), ...(dy ? [dy] : [])]),
	};
}

/** The forward pass as ONNX's operator, which is in the standard since opset 23. */
export function attentionProgram(sizes: AttentionSizes): OnnxProgram {
	const { query, key, value } = operands(sizes);
	const attributes = sizes.causal ? { is_causal: { int: 1 } } : {};
	return onnxProgram(
		"Attention",
		23,
		attributes,
		[query, key, value],
		[{ name: "output", shape: query.shape }],
	);
}
