import { scaledDotProductAttention } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { GpuContender, GpuSize, GpuTask } from "./gpu-contender.ts";

/** Who computes by TensorFlow.js: this package's kernels, or the composition that a user of the plain host writes. */
export type TensorContender = "heed" | "composed";

type Attend = (...operands: tf.Tensor[]) => tf.Tensor;

/** Operands for a size; the last one stands for the gradient of the output. */
export function gpuOperands([B, H, K, Lq, Lk, D]: GpuSize): tf.Tensor4D[] {
	const make = (heads: number, length: number, seed: number): tf.Tensor4D =>
		tf.randomUniform<tf.Rank.R4>([B, heads, length, D], -1, 1, "float32", seed);
	return [make(H, Lq, 1), make(K, Lk, 2), make(K, Lk, 3), make(H, Lq, 4)];
}

/** One computation, of which nothing stays. Nothing for what the composition would need a mask for. */
export function gpuWork(
	contender: TensorContender,
	task: GpuTask,
	[, H, K]: GpuSize,
	operands: readonly tf.Tensor4D[],
): (() => tf.Tensor[]) | undefined {
	const [query, key, value, upstream] = operands as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
	if (contender === "composed" && task === "causal") return undefined;
	const attend = contender === "heed" ? fused(task === "causal") : composed(H / K);
	if (task !== "forward + backward") return () => [tf.tidy(() => attend(query, key, value))];
	const gradients = tf.grads(attend);
	return () => gradients([query, key, value], upstream);
}

/** Both, the one that the others are compared with first. */
export const tensorContenders: readonly GpuContender[] = (["heed", "composed"] as const).map((name) => ({
	name,
	async open(task, size, operands) {
		const work = gpuWork(name, task, size, operands);
		if (work === undefined) return undefined;
		return { run: () => tf.dispose(work()), firstValues: (count) => firstValues(work, count), dispose() {} };
	},
}));

async function firstValues(work: () => tf.Tensor[], count: number): Promise<Float32Array> {
	const part = tf.tidy(() => {
		const last = work().at(-1) as tf.Tensor;
		return tf.slice(tf.reshape(last, [-1]), 0, Math.min(count, last.size));
	});
	const values = (await part.data()) as Float32Array;
	part.dispose();
	return values;
}

const fused = (causal: boolean): Attend => {
	return (...[q, k, v]) =>
		scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, { causal });
};

function composed(group: number): Attend {
	return (q, k, v) => {
		const [B = 1, H = 1, L = 1, D = 1] = (q as tf.Tensor).shape;
		// Queries that share a key head are rows of one product.
		const rows = group === 1 ? (q as tf.Tensor) : tf.reshape(q as tf.Tensor, [B, H / group, group * L, D]);
		const scores = tf.mul(tf.matMul(rows, k as tf.Tensor, false, true), 1 / Math.sqrt(D));
		return tf.reshape(tf.matMul(tf.softmax(scores), v as tf.Tensor), [B, H, L, D]);
	};
}

/** Floating-point operations of the textbook: a causal mask halves them, gradients add 2.5 times as many. */
export function gpuOperations(task: GpuTask, [B, H, , Lq, Lk, D]: GpuSize): number {
	const factor = { forward: 1, causal: 0.5, "forward + backward": 3.5, decode: 1 }[task];
	return factor * 4 * B * H * Lq * Lk * D;
}

/** Bytes of keys and values, read once. */
export function gpuBytes([B, , K, , Lk, D]: GpuSize): number {
	return 8 * B * K * Lk * D;
}
