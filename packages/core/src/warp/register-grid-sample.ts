import * as tf from "@tensorflow/tfjs-core";
import { ensureGradient, ensureKernel, type FusedKernels, fusedRegistry } from "../kernel/fused-kernels.ts";
import { GRID_SAMPLE, GRID_SAMPLE_GRAD, type GridSampleAttributes } from "./grid-sample-attributes.ts";
import { gridSampleComposition, gridSampleGradComposition } from "./grid-sample-composition.ts";

/** The tensors of the forward kernel. */
export interface GridSampleInputs {
	/** `[batch, height, width, channels]` */
	readonly image: tf.Tensor4D;
	/** `[batch, outHeight, outWidth, 2]` */
	readonly grid: tf.Tensor4D;
}

/** The tensors of the backward kernel. */
export interface GridSampleGradInputs extends GridSampleInputs {
	/** Gradient of the output. */
	readonly dy: tf.Tensor4D;
}

/** The sampling kernels of a backend package: `forward` returns `[output]`, `backward` `[dImage, dGrid]`. */
export type FusedGridSample = FusedKernels<GridSampleInputs, GridSampleGradInputs, GridSampleAttributes>;

const registry = fusedRegistry<GridSampleInputs, GridSampleGradInputs, GridSampleAttributes>("gridSample");

/** Puts a fused sampler on a backend. What it does not support goes to the composition, and listeners are told. */
export function registerFusedGridSample(fused: FusedGridSample): void {
	registry.register(fused);
}

/** Takes the fused sampler off a backend again. */
export function unregisterFusedGridSample(backendName: string): void {
	registry.unregister(backendName);
}

/** Samples on the current backend; differentiable in image and grid. */
export function runGridSample(
	{ image, grid }: GridSampleInputs,
	attributes: GridSampleAttributes,
): tf.Tensor4D {
	ensureKernel(GRID_SAMPLE, forwardKernel);
	ensureKernel(GRID_SAMPLE_GRAD, gradKernel);
	ensureGradient(gridSampleGradient);
	return tf.engine().runKernel<tf.Tensor4D>(GRID_SAMPLE, { image, grid }, attributes);
}

const forwardKernel: tf.KernelFunc = ({ inputs, attrs, backend }) => {
	const attributes = attrs as GridSampleAttributes;
	const fused = registry.choose(GRID_SAMPLE, inputs, attributes, { path: "composed" });
	const { image, grid } = inputs as { image: tf.Tensor4D; grid: tf.Tensor4D };
	if (fused === undefined) return gridSampleComposition(image, grid, attributes);
	// The host wants a single output bare, not in a list.
	const [output] = fused.forward({ image, grid }, attributes, backend as tf.KernelBackend);
	return output as tf.TensorInfo;
};

const gradKernel: tf.KernelFunc = ({ inputs, attrs, backend }) => {
	const attributes = attrs as GridSampleAttributes;
	const fused = registry.choose(GRID_SAMPLE_GRAD, inputs, attributes, { path: "composed" });
	const { dy, image, grid } = inputs as { dy: tf.Tensor4D; image: tf.Tensor4D; grid: tf.Tensor4D };
	if (fused === undefined) return gridSampleGradComposition(dy, image, grid, attributes);
	return fused.backward({ dy, image, grid }, attributes, backend as tf.KernelBackend);
};

const gridSampleGradient: tf.GradConfig = {
	kernelName: GRID_SAMPLE,
	inputsToSave: ["image", "grid"],
	gradFunc: (dy, saved, attrs) => {
		const [image, grid] = saved as [tf.Tensor4D, tf.Tensor4D];
		// Here and not in the thunks: each of those has its own tidy, which would dispose what the other needs.
		const grads = tf
			.engine()
			.runKernel<tf.Tensor[]>(GRID_SAMPLE_GRAD, { dy: dy as tf.Tensor, image, grid }, attrs);
		const [dImage, dGrid] = grads as [tf.Tensor, tf.Tensor];
		return { image: () => dImage, grid: () => dGrid };
	},
};
