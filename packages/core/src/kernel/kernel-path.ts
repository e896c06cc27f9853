/** How a kernel was computed. */
export type KernelPath = "fused" | "composed" | "blocked" | "dense";

/** Tells which path a kernel took, and why it did not take a faster one. */
export interface KernelPathEvent {
	/** The kernel's name, for instance `ScaledDotProductAttention` or `GridSampleGrad`. */
	readonly kernel: string;
	/** The backend that computed it. */
	readonly backend: string;
	/**
	 * - `fused`: one kernel of a backend package
	 * - `composed`: stock operations
	 * - `blocked`: stock operations, block of queries by block of queries; memory linear in the length
	 * - `dense`: stock operations on the whole matrix of scores
	 */
	readonly path: KernelPath;
	/** Why a faster path was left out, if one was. */
	readonly reason?: string;
}

// On the global object, as the host's kernels are: two copies of this package must agree.
const key = Symbol.for("heed.kernel-path-listeners");
const holder = globalThis as { [key]?: Set<(event: KernelPathEvent) => void> };

/**
 * Calls `listener` whenever attention or a sampler is computed, to see which path ran. What it throws is thrown later,
 * outside of the computation.
 *
 * @returns A function that ends it.
 */
export function onKernelPath(listener: (event: KernelPathEvent) => void): () => void {
	holder[key] ??= new Set();
	holder[key].add(listener);
	return () => {
		holder[key]?.delete(listener);
	};
}

/** Tells the listeners. */
export function reportKernelPath(event: KernelPathEvent): void {
	for (const listener of holder[key] ?? []) {
		try {
			listener(event);
		} catch (error) {
			queueMicrotask(() => {
				throw error;
			});
		}
	}
}
