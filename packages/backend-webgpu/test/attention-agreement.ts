import {
	SCALED_DOT_PRODUCT_ATTENTION,
	SCALED_DOT_PRODUCT_ATTENTION_GRAD,
	scaledDotProductAttention,
} from "@heed/core";
import { type AttentionProblem, attentionArguments, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/** A problem without options. */
export const plain: AttentionProblem = {
	batch: 2,
	keyHeads: 2,
	group: 1,
	queryLength: 37,
	keyLength: 41,
	headDim: 24,
	valueDim: 40,
	causal: false,
	queryOffset: 0,
	left: -1,
	right: -1,
	lengths: null,
	mask: null,
	bias: null,
	hidingBias: false,
	sunk: false,
	softcap: 0,
	rate: 0,
	scale: 1,
	size: 1,
	seed: 1,
};

/** Runs both kernels on a backend; the values of output, logSumExp and all gradients. */
async function compute(backend: string, problem: AttentionProblem): Promise<Float32Array[]> {
	await tf.setBackend(backend);
	tf.engine().startScope();
	const x = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
	scaledDotProductAttention(x, x, x); // registers the kernels
	const { inputs, attributes, present } = attentionArguments(problem);
	const attrs = { ...attributes, present } as unknown as tf.NamedAttrMap;
	const run = (name: string, tensors: tf.NamedTensorMap): tf.Tensor[] =>
		tf.engine().runKernel(name, tensors, attrs) as unknown as tf.Tensor[];
	const [output, logSumExp] = run(SCALED_DOT_PRODUCT_ATTENTION, inputs) as [tf.Tensor, tf.Tensor];
	const outputGrad = randomTensor(output.shape, problem.seed + 8);
	const logSumExpGrad = randomTensor(logSumExp.shape, problem.seed + 9);
	const all = { ...inputs, output, logSumExp, outputGrad, logSumExpGrad };
	const grads = run(SCALED_DOT_PRODUCT_ATTENTION_GRAD, all);
	const values: Float32Array[] = [];
	for (const tensor of [output, logSumExp, ...grads]) values.push((await tensor.data()) as Float32Array);
	tf.engine().endScope();
	return values;
}

/**
 * The kernels of the device against the composition on the cpu backend.
 *
 * @returns The largest difference, of the largest value of each result.
 */
export async function expectSame(
	problem: AttentionProblem,
	{ backend = "webgpu", slack = 1 }: { readonly backend?: string; readonly slack?: number } = {},
): Promise<number> {
	const fused = await compute(backend, problem);
	const composed = await compute("cpu", problem);
	expect(fused).toHaveLength(composed.length);
	const scores = problem.batch * problem.keyHeads * problem.group * problem.queryLength * problem.keyLength;
	let worst = 0;
	fused.forEach((values, i) => {
		const expected = composed[i] as Float32Array;
		const largest = expected.reduce(
			(most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
			1,
		);
		// Products of large numbers cancel in the gradients: what is left is as exact as they were.
		const size = Math.max(largest, (8 * problem.size ** 2) / (1 - problem.rate));
		const terms = i < 5 ? 1 : Math.max(1, 0.2 * Math.sqrt(scores / expected.length));
		expectClose(values, expected, {
			atol: slack * 3e-6 * size * terms,
			rtol: slack * 2e-5,
			label: `result ${i}`,
		});
		values.forEach((x, j) => {
			if (Number.isFinite(x)) worst = Math.max(worst, Math.abs(x - (expected[j] ?? 0)) / largest);
		});
	});
	return worst;
}
