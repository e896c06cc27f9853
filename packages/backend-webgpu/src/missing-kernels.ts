import { onKernelPath } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { runningWebGpu } from "./device/running-webgpu.ts";

let stop: (() => void) | undefined;

/**
 * Says once, by `console.info`, that stock operations compute what this package has kernels for, because there is no WebGPU
 * or the host chose WebGL. A backend that was chosen beside a running WebGPU goes without saying.
 */
export function tellOfMissingKernels(): void {
	stop?.();
	stop = onKernelPath(({ kernel, backend, path }) => {
		if (path === "fused" || path === "dense" || runningWebGpu(backend) !== undefined) return;
		const reason = whyNot(backend);
		if (reason === undefined) return;
		stop?.();
		console.info(
			`@heed/backend-webgpu: ${kernel} runs as stock operations on the backend '${backend}'. ${reason} (Said once.)`,
		);
	});
}

/** Why nothing of this package runs on a backend that is not WebGPU; nothing where that is a choice. */
export function whyNot(backend: string): string | undefined {
	if ((globalThis.navigator as Navigator | undefined)?.gpu === undefined) {
		return "There is no WebGPU here: it takes a browser with it on a secure page, or startWebGpu() of @heed/backend-webgpu/node.";
	}
	const running = Object.keys(tf.engine().registry).some((name) => runningWebGpu(name) !== undefined);
	if (backend === "webgl" || !running) {
		return "WebGPU is here; `await tf.setBackend('webgpu')` starts it, and returns false where no adapter was found.";
	}
	return undefined;
}
