import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

/** The current backend of TensorFlow.js if it is one on WebGPU; before one was chosen, nothing. */
export function currentWebGpu(): WebGPUBackend | undefined {
	const { backendName, registry } = tf.engine();
	// Asking tf.backend() would start a backend, or throw where none can be started at once.
	const backend = registry[backendName] as Partial<WebGPUBackend> | undefined;
	return backend?.device === undefined ? undefined : (backend as WebGPUBackend);
}
