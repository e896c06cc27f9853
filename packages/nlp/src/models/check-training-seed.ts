import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionConfig } from "../attention/attention-by-name.ts";

/**
 * Refuses the gradient of a choice that has none: without a seed of training such a mechanism takes what is likeliest, and
 * its scores would learn nothing while everything else does. A loss for validation is no gradient, and stays what it is.
 *
 * @param remedy What to do.
 */
export function checkTrainingSeed(
	where: string,
	attention: AttentionConfig | { readonly kind: "custom" },
	seed: number | undefined,
	remedy: string,
): void {
	if (seed !== undefined || tf.engine().state.gradientDepth === 0 || !choosesWithoutSeed(attention)) return;
	const message =
		`a gradient is computed without a seed, where attention of kind '${attention.kind}' takes what is likeliest, which has ` +
		`none: its scores would learn nothing. ${remedy}`;
	throw new HeedError("OPTION", where, message);
}

function choosesWithoutSeed(attention: AttentionConfig | { readonly kind: "custom" }): boolean {
	if (attention.kind === "monotonic") return (attention.mode ?? "auto") === "auto";
	return attention.kind === "hard";
}
