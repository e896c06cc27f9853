import * as tf from "@tensorflow/tfjs-core";
import { GRID_SAMPLE, GRID_SAMPLE_GRAD, type GridSampleAttributes } from "./grid-sample-attributes.ts";
import { gridSampleComposition, gridSampleGradComposition } from "./grid-sample-composition.ts";

/**
 * Registers the kernels for the current backend and their one gradient, each only if nobody has done so. It happens at
 * the first call and not at import, so that a bundler may drop what is not used and a backend package may bring its
 * own kernels, before (these stay) or after (it unregisters ours first).
 */
export function registerGridSample(): void {
	const backendName = tf.getBackend();
	if (tf.getKernel(GRID_SAMPLE, backendName) === undefined) {
		tf.registerKernel({
			kernelName: GRID_SAMPLE,
			backendName,
			kernelFunc: ({ inputs, attrs }) => {
				const { image, grid } = inputs as { image: tf.Tensor4D; grid: tf.Tensor4D };
				return gridSampleComposition(image, grid, attrs as GridSampleAttributes);
			},
		});
	}
	if (tf.getKernel(GRID_SAMPLE_GRAD, backendName) === undefined) {
		tf.registerKernel({
			kernelName: GRID_SAMPLE_GRAD,
			backendName,
			kernelFunc: ({ inputs, attrs }) => {
				const { dy, image, grid } = inputs as { dy: tf.Tensor4D; image: tf.Tensor4D; grid: tf.Tensor4D };
				return gridSampleGradComposition(dy, image, grid, attrs as GridSampleAttributes);
			},
		});
	}
	if (tf.getGradient(GRID_SAMPLE) === undefined) {
		tf.registerGradient({
			kernelName: GRID_SAMPLE,
			inputsToSave: ["image", "grid"],
			gradFunc: (dy, saved, attrs) => {
				const [image, grid] = saved as [tf.Tensor4D, tf.Tensor4D];
				// Here and not in the thunks: each of those has its own tidy, which would dispose what the other needs.
				const [dImage, dGrid] = tf
					.engine()
					.runKernel<tf.Tensor[]>(GRID_SAMPLE_GRAD, { dy: dy as tf.Tensor, image, grid }, attrs) as [
					tf.Tensor,
					tf.Tensor,
				];
				return { image: () => dImage, grid: () => dGrid };
			},
		});
	}
}
