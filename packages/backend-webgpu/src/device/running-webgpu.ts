import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

/**
 * A running backend of TensorFlow.js if it is one on WebGPU. Asking the host itself would start a backend, or throw where none can
 * be started at once.
 *
 * @param name Default the current one; before one was chosen there is none.
 */
export function runningWebGpu(name: string = tf.engine().backendName): WebGPUBackend | undefined {
	const backend = tf.engine().registry[name] as Partial<WebGPUBackend> | undefined;
	return backend?.device === undefined ? undefined : (backend as WebGPUBackend);
}
