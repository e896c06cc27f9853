import { HeedError } from "@heed/core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";

/** The device refuses buffers over its limits when it is too late to say which tensor it was. */
export function checkSizes(
	where: string,
	{ device }: WebGPUBackend,
	tensors: Readonly<Record<string, TensorInfo | readonly number[] | undefined>>,
): void {
	const limit = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
	for (const [name, tensor] of Object.entries(tensors)) {
		if (tensor === undefined) continue;
		const shape = "dataId" in tensor ? tensor.shape : tensor;
		const bytes = 4 * tf.util.sizeFromShape([...shape]);
		if (bytes > limit) {
			throw new HeedError(
				"UNSUPPORTED",
				where,
				`${name} [${shape.join(", ")}] takes ${bytes} bytes; the device binds at most ${limit} (maxStorageBufferBindingSize, maxBufferSize). Use a smaller batch, or a device with larger limits: createDevice({ features: "auto" }).`,
			);
		}
	}
}
