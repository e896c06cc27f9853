import type * as tf from "@tensorflow/tfjs-core";

/** Batch, heads, key/value heads, queries, keys, size of a head. */
export type GpuSize = readonly [B: number, H: number, K: number, Lq: number, Lk: number, D: number];

/** What is computed. */
export type GpuTask = "forward" | "causal" | "forward + backward" | "decode";

/** Who computes. */
export interface GpuContender {
	readonly name: string;
	/** Makes a task ready to run. Nothing for what this one does not compute. */
	open(task: GpuTask, size: GpuSize, operands: readonly tf.Tensor4D[]): Promise<GpuJob | undefined>;
}

/** A task that is ready to run. */
export interface GpuJob {
	/** Once, leaving nothing; a promise where handing the work to the device takes one. */
	run(): unknown;
	/** So many numbers of the last result, which is `[B, H, Lq, D]` or a gradient of that layout. */
	firstValues(count: number): Promise<Float32Array>;
	dispose(): unknown;
}
