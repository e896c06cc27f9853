import * as tf from "@tensorflow/tfjs-core";

/** Follows the bytes of all tensors, looking after every kernel. */
export interface TensorPeak {
	/** The most bytes since the last call of `restart`. */
	peak(): number;
	restart(): void;
	end(): void;
}

/** Starts following. The host has no hook for it, so its `runKernel` is wrapped until the end. */
export function followTensors(): TensorPeak {
	const engine = tf.engine();
	const { runKernel } = engine;
	const live = (): number => tf.memory().numBytes;
	let peak = live();
	engine.runKernel = (<T extends tf.Tensor | tf.Tensor[]>(...args: Parameters<typeof runKernel>): T => {
		const result = runKernel.apply(engine, args) as T;
		peak = Math.max(peak, live());
		return result;
	}) as typeof runKernel;
	return {
		peak: () => peak,
		restart() {
			peak = live();
		},
		end() {
			engine.runKernel = runKernel;
		},
	};
}
