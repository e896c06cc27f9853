import { checkNumber } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/** Gradients of one step that are no longer than allowed. */
export interface ClippedGradients {
	/** The gradients, new tensors when they had to be shortened and else the same ones. */
	readonly gradients: tf.Tensor[];
	/** The norm before clipping: the root of the sum of all squares, in all gradients together. */
	readonly norm: number;
}

/**
 * Shortens all gradients by one factor when their common norm exceeds a limit:
 *
 *     norm = √(Σ g²) over all gradients        g ← g · min(1, maxNorm / norm)
 *
 * Their direction stays, which clipping each alone would not keep. A norm that is not finite clips nothing; it is
 * returned for the caller to judge.
 *
 * Paper: On the difficulty of training recurrent neural networks, https://arxiv.org/abs/1211.5063.
 */
export async function clipByGlobalNorm(
	gradients: readonly tf.Tensor[],
	maxNorm: number,
): Promise<ClippedGradients> {
	checkNumber("clipByGlobalNorm", "maxNorm", maxNorm, { above: 0 });
	const norm = await globalNorm(gradients);
	if (!Number.isFinite(norm) || norm <= maxNorm) return { gradients: [...gradients], norm };
	return { gradients: gradients.map((gradient) => tf.mul(gradient, maxNorm / norm)), norm };
}

async function globalNorm(gradients: readonly tf.Tensor[]): Promise<number> {
	if (gradients.length === 0) return 0;
	if (tf.getBackend() === "cpu")
		return Math.sqrt(gradients.reduce((sum, gradient) => sum + squares(gradient), 0));
	const sums = tf.tidy(() => tf.stack(gradients.map((gradient) => tf.sum(tf.square(gradient)))));
	const values = await sums.data<"float32">();
	sums.dispose();
	return Math.sqrt(values.reduce((sum, value) => sum + value, 0));
}

/** On the cpu backend one pass over the numbers is many times faster than two operations. */
function squares(gradient: tf.Tensor): number {
	const values = gradient.dataSync<"float32">();
	let sum = 0;
	for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
	return sum;
}
