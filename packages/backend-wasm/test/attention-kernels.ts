import {
	SCALED_DOT_PRODUCT_ATTENTION,
	SCALED_DOT_PRODUCT_ATTENTION_GRAD,
	scaledDotProductAttention,
} from "@heed/core";
import { type AttentionProblem, attentionArguments, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";

/** What both paths compute of a problem: output, logSumExp, and the gradients. */
export function computeBoth(problem: AttentionProblem): {
	readonly fused: tf.Tensor[];
	readonly blocked: tf.Tensor[];
} {
	const { inputs, attributes, present } = attentionArguments(problem);
	const run = (blocked: boolean): tf.Tensor[] => {
		const attrs = { ...attributes, blocked, present } as unknown as tf.NamedAttrMap;
		return tf.engine().runKernel(SCALED_DOT_PRODUCT_ATTENTION, inputs, attrs) as unknown as tf.Tensor[];
	};
	const fused = run(false);
	const blocked = run(true);
	const [output, logSumExp] = blocked as [tf.Tensor, tf.Tensor];
	const outputGrad = randomTensor(output.shape, problem.seed + 8);
	const logSumExpGrad = randomTensor(logSumExp.shape, problem.seed + 9);
	const grad = (blockedPath: boolean): tf.Tensor[] => {
		const attrs = { ...attributes, blocked: blockedPath, present } as unknown as tf.NamedAttrMap;
		const all = { ...inputs, output, logSumExp, outputGrad, logSumExpGrad };
		return tf.engine().runKernel(SCALED_DOT_PRODUCT_ATTENTION_GRAD, all, attrs) as unknown as tf.Tensor[];
	};
	return { fused: [...fused, ...grad(false)], blocked: [...blocked, ...grad(true)] };
}

/** Attention registers its kernels on a backend at the first use. */
export function registerAttention(): void {
	tf.tidy(() => {
		const x = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
		scaledDotProductAttention(x, x, x);
	});
}
