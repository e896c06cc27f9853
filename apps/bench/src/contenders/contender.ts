import type { BenchCase, Workload } from "../workloads/workload.ts";

/** Who is compared, in the order of the tables. Heed is the measure of the others. */
export const contenderIds = ["heed", "stock", "tfjs-cpu", "onnxruntime-web", "onnxruntime-node"] as const;

export type ContenderId = (typeof contenderIds)[number];

/** Somebody who does the work of workloads. */
export interface Contender {
	readonly id: ContenderId;
	/** What it is called beside this workload. */
	label(workload: Workload): string;
	/** Whether it can do this work at all. */
	takesPart(workload: Workload): boolean;
	/** Whether it holds what {@link Workload.composedBytes} counts. */
	readonly composes: boolean;
	/** Whether its work is done by kernels of TensorFlow.js, which can be profiled. */
	readonly hasKernels: boolean;
	/** Longer runs, in milliseconds, are not measured. */
	readonly longestRun: number;
	/** Milliseconds per floating-point operation, roughly, where it is known before anything is measured. */
	readonly pace?: number | undefined;
	/** Puts it in charge. Call it before anything else is done with it or its cases, whenever another was. */
	enter(workload: Workload): Promise<void>;
	/** Makes a workload ready. */
	build(workload: Workload): Promise<BenchCase>;
	/** Starts watching memory, from before a case is built on. Nothing where nothing can be known. */
	watchMemory?(): MemoryWatch;
}

/** Watches the memory of a contender. */
export interface MemoryWatch {
	/** The most that `work` held at any time beyond what was there before and what it returns. */
	during<T>(work: () => T | Promise<T>): Promise<{ result: T; use: MemoryUse }>;
	end(): void;
}

/** Bytes at the peak, beside operands and results. */
export interface MemoryUse {
	/** Of tensors, looked at after every kernel. */
	readonly tensorBytes: number;
	/** Of everything that was asked of the WebAssembly heap from outside: tensors and the scratch of kernels. */
	readonly heapBytes?: number;
}
