/** How an attention was computed. */
export type AttentionPath = "fused" | "blocked" | "dense";

/** Tells which path an attention took, and why it did not take a faster one. */
export interface AttentionPathEvent {
	/** `ScaledDotProductAttention` or `ScaledDotProductAttentionGrad`. */
	readonly kernel: string;
	/** The backend that computed it. */
	readonly backend: string;
	/**
	 * - `fused`: one kernel of a backend package
	 * - `blocked`: stock operations, block of queries by block of queries; memory linear in the length
	 * - `dense`: stock operations on the whole matrix of scores, which is what returned weights need
	 */
	readonly path: AttentionPath;
	/** Why a faster path was left out, if one was. */
	readonly reason?: string;
}

const listeners = new Set<(event: AttentionPathEvent) => void>();

/**
 * Calls `listener` whenever an attention is computed, to see which path ran.
 *
 * @returns A function that ends it.
 */
export function onAttentionPath(listener: (event: AttentionPathEvent) => void): () => void {
	listeners.add(listener);
	return () => {
		listeners.delete(listener);
	};
}

/** Tells the listeners. */
export function reportAttentionPath(event: AttentionPathEvent): void {
	for (const listener of listeners) listener(event);
}
