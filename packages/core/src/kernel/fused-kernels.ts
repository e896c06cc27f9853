import * as tf from "@tensorflow/tfjs-core";
import { type KernelPath, reportKernelPath } from "./kernel-path.ts";

/** The shapes of a kernel's inputs by name; one that is not given is absent. */
export type InputShapes = Readonly<Record<string, readonly number[] | undefined>>;

/**
 * The kernels of a backend package for one operation. What they do not support goes to the composition of stock
 * operations, and listeners of `onKernelPath` are told.
 */
export interface FusedKernels<Inputs, GradInputs, Attributes> {
	/** The tfjs backend that they run on, for instance `wasm`. */
	readonly backendName: string;
	/** Why this must go to the composition instead, or nothing when the kernels can do it. Allocates nothing. */
	unsupported(shapes: InputShapes, attributes: Attributes): string | undefined;
	/** The outputs of the forward kernel. */
	forward(inputs: Inputs, attributes: Attributes, backend: tf.KernelBackend): tf.TensorInfo[];
	/** The outputs of the backward kernel. */
	backward(inputs: GradInputs, attributes: Attributes, backend: tf.KernelBackend): tf.TensorInfo[];
}

// biome-ignore lint/suspicious/noExplicitAny: one registry for operations with different inputs
type AnyFusedKernels = FusedKernels<any, any, any>;

// On the global object, as the host's kernels are: two copies of this package must agree.
const key = Symbol.for("heed.fused-kernels");
const holder = globalThis as { [key]?: Map<string, AnyFusedKernels> };

/** The fused kernels of one operation, by backend. */
export interface FusedRegistry<Inputs, GradInputs, Attributes> {
	register(fused: FusedKernels<Inputs, GradInputs, Attributes>): void;
	unregister(backendName: string): void;
	/** Why the current backend cannot do this in a fused kernel, or nothing when it can. */
	unsupported(shapes: InputShapes, attributes: Attributes): string | undefined;
	/** The fused kernels if they can do this, and tells the listeners which path was taken. */
	choose(
		kernel: string,
		inputs: tf.NamedTensorInfoMap,
		attributes: Attributes,
		otherwise: { readonly path: KernelPath; readonly forced?: string | undefined },
	): FusedKernels<Inputs, GradInputs, Attributes> | undefined;
}

/** Makes the registry of one operation. */
export function fusedRegistry<Inputs, GradInputs, Attributes>(
	operation: string,
): FusedRegistry<Inputs, GradInputs, Attributes> {
	const find = (backend: string): FusedKernels<Inputs, GradInputs, Attributes> | undefined =>
		holder[key]?.get(`${operation}/${backend}`);
	const unsupported = (shapes: InputShapes, attributes: Attributes): string | undefined => {
		const backend = tf.getBackend();
		const fused = find(backend);
		if (fused === undefined) return `no fused ${operation} is registered for the backend '${backend}'`;
		return fused.unsupported(shapes, attributes);
	};
	return {
		register(fused) {
			holder[key] ??= new Map();
			holder[key].set(`${operation}/${fused.backendName}`, fused);
		},
		unregister(backendName) {
			holder[key]?.delete(`${operation}/${backendName}`);
		},
		unsupported,
		choose(kernel, inputs, attributes, { path, forced }) {
			const shapes = Object.fromEntries(
				Object.entries(inputs).map(([name, tensor]) => [name, tensor?.shape]),
			);
			const reason = forced ?? unsupported(shapes, attributes);
			const backend = tf.getBackend();
			if (reason !== undefined) reportKernelPath({ kernel, backend, path, reason });
			else reportKernelPath({ kernel, backend, path: "fused" });
			return reason === undefined ? find(backend) : undefined;
		},
	};
}

/** Registers a kernel for the current backend unless somebody has. Done at the first use, not at import. */
export function ensureKernel(kernelName: string, kernelFunc: tf.KernelFunc): void {
	const backendName = tf.getBackend();
	if (tf.getKernel(kernelName, backendName) === undefined) {
		tf.registerKernel({ kernelName, backendName, kernelFunc });
	}
}

/** Registers a gradient, for every backend, unless somebody has. */
export function ensureGradient(gradient: tf.GradConfig): void {
	if (tf.getGradient(gradient.kernelName) === undefined) tf.registerGradient(gradient);
}
