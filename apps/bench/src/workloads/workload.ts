import type * as tf from "@tensorflow/tfjs-core";
import type { OnnxProgram } from "./onnx-program.ts";

/** A piece of work that contenders are compared by. */
export interface Workload {
	/** Kind and size, such as `attention/1024`: what `--only` looks at. */
	readonly id: string;
	/** The heading that it stands under in the tables. */
	readonly section: string;
	/** What it is, below that heading. */
	readonly title: string;
	/** Floating-point operations of one run by the textbook, whoever computes it. Matrix products alone. */
	readonly flops: number;
	/** Measured with `--quick` too. */
	readonly quick?: boolean;
	/** Workloads of one name are measured in turns, so that their ratio is as good as that of two contenders. */
	readonly together?: string;
	/** Training needs kernels that the host's wasm backend lacks: the stock contender takes those from Heed. */
	readonly fillIns?: boolean;
	/** Bytes that a composition of the host's ops needs beside its inputs, about; where that is too much it is left out. */
	readonly composedBytes?: number;
	/**
	 * Makes the work ready on the current backend of TensorFlow.js.
	 *
	 * @param heed For Heed itself: with its functions, where others have to write them out of the host's ops.
	 */
	readonly tensors: (heed: boolean) => TensorCase;
	/** The same work for ONNX Runtime, if it can do it. */
	readonly onnx?: () => OnnxProgram;
}

/** Results as plain numbers, tensor by tensor. */
export type Results = readonly ArrayLike<number>[];

/** A workload that is ready to run, in the hands of one contender. */
export interface BenchCase {
	/** The numbers that all contenders must agree on. */
	results(): Promise<Results>;
	/** Fresh operands, not timed: nothing that a host has cached of the last ones may help. */
	prepare?(): void;
	/** What is timed. The caller disposes what it returns. */
	run(): tf.TensorContainer | Promise<tf.TensorContainer>;
	dispose(): void | Promise<void>;
}

/** A case on a backend of TensorFlow.js. */
export interface TensorCase extends BenchCase {
	dispose(): void;
}
