import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AttentionAttributes } from "./attention-kernel.ts";
import type { AttentionOptions } from "./attention-options.ts";
import { blockedBackward } from "./blocked-backward.ts";
import { blockedForward } from "./blocked-forward.ts";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

/** A random problem with a random mix of options. */
const problems = fc.record({
	batch: fc.integer({ min: 1, max: 3 }),
	keyHeads: fc.integer({ min: 1, max: 2 }),
	group: fc.integer({ min: 1, max: 3 }),
	queryLength: fc.integer({ min: 1, max: 9 }),
	keyLength: fc.integer({ min: 1, max: 11 }),
	headDim: fc.integer({ min: 1, max: 5 }),
	valueDim: fc.integer({ min: 1, max: 4 }),
	causal: fc.boolean(),
	queryOffset: fc.integer({ min: -4, max: 6 }),
	left: fc.integer({ min: -1, max: 3 }),
	right: fc.integer({ min: -1, max: 3 }),
	masked: fc.boolean(),
	biased: fc.boolean(),
	sunk: fc.boolean(),
	softcap: fc.option(fc.double({ min: 0.5, max: 4, noNaN: true }), { nil: undefined }),
	rate: fc.constantFrom(0, 0.3),
	seed: fc.nat(),
});

type Problem = typeof problems extends fc.Arbitrary<infer T> ? T : never;

function build(p: Problem): { q: tf.Tensor4D; k: tf.Tensor4D; v: tf.Tensor4D; options: AttentionOptions } {
	const heads = p.keyHeads * p.group;
	const scores: [number, number, number, number] = [p.batch, heads, p.queryLength, p.keyLength];
	return {
		q: randomTensor<tf.Rank.R4>([p.batch, heads, p.queryLength, p.headDim], p.seed),
		k: randomTensor<tf.Rank.R4>([p.batch, p.keyHeads, p.keyLength, p.headDim], p.seed + 1),
		v: randomTensor<tf.Rank.R4>([p.batch, p.keyHeads, p.keyLength, p.valueDim], p.seed + 2),
		options: {
			causal: p.causal,
			queryOffset: p.queryOffset,
			window: { left: p.left, right: p.right },
			...(p.softcap === undefined ? {} : { softcap: p.softcap }),
			...(p.masked ? { mask: tf.greater(randomTensor(scores, p.seed + 3), 0) } : {}),
			...(p.biased ? { bias: randomTensor(scores, p.seed + 4) } : {}),
			...(p.sunk ? { sinks: randomTensor<tf.Rank.R1>([heads], p.seed + 5) } : {}),
			...(p.rate > 0 ? { dropout: { rate: p.rate, seed: p.seed } } : {}),
		},
	};
}

const check = (property: (problem: Problem) => void, numRuns = 40): void =>
	fc.assert(
		fc.property(problems, (problem) => {
			tf.tidy(() => property(problem));
		}),
		{ seed: 1, numRuns },
	);

describeOnEveryBackend("properties of scaledDotProductAttention", () => {
	test("blocked equals dense, with every mix of options", () => {
		check((problem) => {
			const { q, k, v, options } = build(problem);
			const blocked = scaledDotProductAttention(q, k, v, {
				...options,
				returnWeights: false,
				implementation: "blocked",
			});
			const dense = scaledDotProductAttention(q, k, v, {
				...options,
				returnWeights: false,
				implementation: "dense",
			});
			expectClose(blocked, dense, { atol: 2e-6, rtol: 2e-5 });
		});
	});

	test("weights sum to 1 over live keys, to less with a sink, to 0 in dead rows; logSumExp tells the dead", () => {
		check((problem) => {
			const { q, k, v, options } = build(problem);
			const { weights, logSumExp } = scaledDotProductAttention(q, k, v, { ...options, returnWeights: true });
			const sums = tf.sum(weights, 3).dataSync();
			const lse = logSumExp.dataSync();
			sums.forEach((sum, row) => {
				if (problem.sunk) expect(sum).toBeLessThan(1);
				else expect(sum).toBeCloseTo(lse[row] === -Infinity ? 0 : 1, 5);
			});
		});
	});

	test("permuting keys and values together changes nothing", () => {
		check((problem) => {
			const { q, k, v } = build(problem);
			const order = tf.reverse(tf.range(0, problem.keyLength, 1, "int32"), 0);
			const bias = randomTensor<tf.Rank.R4>([1, 1, problem.queryLength, problem.keyLength], 3);
			const plain = scaledDotProductAttention(q, k, v, { bias });
			const permuted = scaledDotProductAttention(q, tf.gather(k, order, 2), tf.gather(v, order, 2), {
				bias: tf.gather(bias, order, 3),
			});
			expectClose(permuted, plain, { atol: 2e-6, rtol: 2e-5 });
		});
	});

	test("blocks of any size give the same answer and the same gradients", () => {
		check((problem) => {
			const { q, k, v, options } = build(problem);
			const { mask, bias, sinks } = options as Record<"mask" | "bias", tf.Tensor4D> & { sinks: tf.Tensor1D };
			const inputs = { query: q, key: k, value: v, mask, bias, sinks };
			const attributes = (blockRows: number): AttentionAttributes => ({
				scale: 0.5,
				softcap: problem.softcap ?? 0,
				causal: problem.causal,
				queryOffset: problem.queryOffset,
				windowLeft: problem.left,
				windowRight: problem.right,
				dropoutRate: problem.rate,
				dropoutSeed: problem.seed,
				blocked: true,
				blockRows,
			});
			const [output, logSumExp] = blockedForward(inputs, attributes(1000));
			const upstream = {
				outputGrad: randomTensor<tf.Rank.R4>(output.shape, 8),
				logSumExpGrad: tf.zerosLike(logSumExp),
			};
			const whole = blockedBackward({ ...inputs, output, logSumExp, ...upstream }, attributes(1000));
			for (const rows of [1, 2, 5]) {
				const [part, partLse] = blockedForward(inputs, attributes(rows));
				expectClose(part, output, { atol: 2e-6, rtol: 2e-5 });
				expectClose(partLse, logSumExp, { atol: 2e-6, rtol: 2e-5 });
				const grads = blockedBackward({ ...inputs, output, logSumExp, ...upstream }, attributes(rows));
				for (const [name, grad] of Object.entries(grads)) {
					expectClose(grad, whole[name as keyof typeof whole] as tf.Tensor, {
						atol: 5e-6,
						rtol: 5e-5,
						label: name,
					});
				}
			}
		}, 15);
	});
});
