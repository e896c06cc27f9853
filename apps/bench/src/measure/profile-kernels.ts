import * as tf from "@tensorflow/tfjs-core";

/** What one kernel took in a run, without the kernels that it called. */
export interface KernelTime {
	readonly kernel: string;
	readonly calls: number;
	readonly milliseconds: number;
}

/**
 * Runs `work` so many times with a clock around every kernel of the current backend.
 *
 * @returns Calls and time per run, the largest first. Clocks cost something themselves: about a microsecond a call.
 */
export async function profileKernels(work: () => Promise<unknown>, times: number): Promise<KernelTime[]> {
	const found = new Map<string, { calls: number; milliseconds: number }>();
	const callers: { inner: number }[] = [];
	const kernels = tf.getKernelsForBackend(tf.getBackend());
	const originals = kernels.map(({ kernelFunc }) => kernelFunc);
	for (const kernel of kernels) {
		const { kernelFunc, kernelName } = kernel;
		kernel.kernelFunc = (run) => {
			const frame = { inner: 0 };
			callers.push(frame);
			const started = performance.now();
			try {
				return kernelFunc(run);
			} finally {
				const whole = performance.now() - started;
				callers.pop();
				const caller = callers.at(-1);
				if (caller !== undefined) caller.inner += whole;
				const { calls, milliseconds } = found.get(kernelName) ?? { calls: 0, milliseconds: 0 };
				found.set(kernelName, { calls: calls + 1, milliseconds: milliseconds + whole - frame.inner });
			}
		};
	}
	try {
		for (let run = 0; run < times; run++) await work();
	} finally {
		kernels.forEach((kernel, i) => {
			kernel.kernelFunc = originals[i] as tf.KernelFunc;
		});
	}
	return [...found]
		.map(([kernel, { calls, milliseconds }]) => ({
			kernel,
			calls: calls / times,
			milliseconds: milliseconds / times,
		}))
		.sort((a, b) => b.milliseconds - a.milliseconds);
}
