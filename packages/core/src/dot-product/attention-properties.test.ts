import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
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

	test("what is hidden cannot influence the result: bit-identical when perturbed by 1e30, gradients exactly 0", () => {
		for (const implementation of ["auto", "blocked", "dense"] as const) {
			tf.tidy(() => {
				const [q, k, v] = [1, 2, 3].map((seed) => randomTensor<tf.Rank.R4>([2, 2, 7, 3], seed)) as [
					tf.Tensor4D,
					tf.Tensor4D,
					tf.Tensor4D,
				];
				const hidden = tf.tensor1d([0, 0, 0, 1, 0, 0, 1]); // keys 3 and 6
				const mask = tf.reshape(tf.logicalNot(tf.cast(hidden, "bool")), [1, 1, 1, 7]);
				const poison = tf.mul(tf.reshape(hidden, [1, 1, 7, 1]), 1e30);
				const attend = (key: tf.Tensor4D, value: tf.Tensor4D): tf.Tensor4D =>
					scaledDotProductAttention(q, key, value, { mask, implementation });
				const clean = attend(k, v);
				expect([...attend(tf.add(k, poison), tf.add(v, poison)).dataSync()]).toEqual([...clean.dataSync()]);
				for (const gradient of tf.grads(attend as (...xs: tf.Tensor[]) => tf.Tensor)([k, v])) {
					expectClose(tf.gather(gradient, [3, 6], 2), new Float32Array(2 * 2 * 2 * 3), { atol: 0 });
				}
			});
		}
	});

	test("padding beyond keyLengths may hold anything, NaN too", () => {
		for (const implementation of ["auto", "blocked", "dense"] as const) {
			tf.tidy(() => {
				const [q, k, v] = [1, 2, 3].map((seed) => randomTensor<tf.Rank.R4>([2, 1, 5, 3], seed)) as [
					tf.Tensor4D,
					tf.Tensor4D,
					tf.Tensor4D,
				];
				const padding = tf.tensor4d([0, 0, 0, Number.NaN, Number.POSITIVE_INFINITY], [1, 1, 5, 1]);
				const attend = (...[a, b, c]: tf.Tensor[]): tf.Tensor =>
					scaledDotProductAttention(a as tf.Tensor4D, b as tf.Tensor4D, c as tf.Tensor4D, {
						keyLengths: [3, 2],
						implementation,
					});
				const real = tf.tensor4d([1, 1, 1, 0, 0], [1, 1, 5, 1]);
				const spoilt = (x: tf.Tensor4D): tf.Tensor4D =>
					tf.where(tf.greater(real, 0), x, padding) as tf.Tensor4D;
				expectClose(attend(q, spoilt(k), spoilt(v)), attend(q, k, v), { atol: 0 });
				const [clean, dirty] = [
					[q, k, v],
					[q, spoilt(k), spoilt(v)],
				].map((xs) => tf.grads(attend)(xs));
				clean?.forEach((gradient, i) => {
					expectClose(dirty?.[i] as tf.Tensor, gradient, { atol: 0 });
				});
			});
		}
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

	test("a NaN that is attended to shows on every path, and does not look like a mask", () => {
		for (const implementation of ["auto", "blocked", "dense"] as const) {
			tf.tidy(() => {
				const make = (seed: number): tf.Tensor4D => randomTensor<tf.Rank.R4>([1, 1, 3, 2], seed);
				const [q, k, v] = [make(1), make(2), make(3)];
				const spoil = (x: tf.Tensor4D, row: number): tf.Tensor4D =>
					tf.where(tf.equal(tf.reshape(tf.range(0, 3), [1, 1, 3, 1]), row), Number.NaN, x) as tf.Tensor4D;
				const nanRows = (output: tf.Tensor4D): number[] => [...tf.any(tf.isNaN(output), 3).dataSync()];
				const causal = { causal: true, implementation };
				expect(nanRows(scaledDotProductAttention(spoil(q, 1), k, v, causal))).toEqual([0, 1, 0]);
				expect(nanRows(scaledDotProductAttention(q, spoil(k, 1), v, causal))).toEqual([0, 1, 1]);
				const bias = tf.tensor2d([0, 0, 0, Number.NaN, 0, 0, 0, 0, 0], [3, 3]);
				expect(nanRows(scaledDotProductAttention(q, k, v, { bias, implementation }))).toEqual([0, 1, 0]);
			});
		}
	});

	test("a bias above -1e30 is a number, one at or below it hides", () => {
		for (const implementation of ["auto", "blocked", "dense"] as const) {
			tf.tidy(() => {
				const x = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
				const attend = (bias: number): number =>
					Number(
						scaledDotProductAttention(x, x, x, { bias: tf.tensor2d([[bias]]), implementation }).dataSync()[0],
					);
				expect([-1e9, -6e29, -1e30, -3.4e38, -Infinity].map(attend)).toEqual([1, 1, 0, 0, 0]);
			});
		}
	});

	test("no size is too small: no batch, no queries, no keys, one of each", () => {
		for (const [batch, queries, keys] of [
			[0, 3, 2],
			[2, 0, 3],
			[2, 3, 0],
			[2, 1, 1],
		] as const) {
			for (const implementation of ["auto", "blocked", "dense"] as const) {
				tf.tidy(() => {
					const shape = (length: number): [number, number, number, number] => [batch, 1, length, 4];
					const ones = (length: number): tf.Tensor4D => tf.ones(shape(length));
					const sinks = tf.tensor1d([0.5]);
					const attend = (...[q, k, v]: tf.Tensor[]): tf.Tensor =>
						scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, {
							implementation,
						});
					const inputs = [ones(queries), ones(keys), ones(keys)];
					const output = attend(...inputs);
					expect(output.shape).toEqual([batch, 1, queries, 4]);
					expectClose(output, new Float32Array(output.size).fill(keys === 0 ? 0 : 1));
					const gradients = tf.grads(attend)(inputs);
					expect(gradients.map((gradient) => gradient.shape)).toEqual(inputs.map((input) => input.shape));
					const [q, k, v] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
					const result = scaledDotProductAttention(q, k, v, { sinks, returnWeights: true });
					expect(result.weights.shape).toEqual([batch, 1, queries, keys]);
					expect(result.logSumExp.shape).toEqual([batch, 1, queries]);
					if (keys === 0) expectClose(result.logSumExp, new Float32Array(batch * queries).fill(0.5));
				});
			}
		}
	});

	test("leaves nothing behind, forward and backward, on every path", () => {
		const [q, k, v] = [1, 2, 3].map((seed) => randomTensor<tf.Rank.R4>([2, 2, 5, 3], seed)) as [
			tf.Tensor4D,
			tf.Tensor4D,
			tf.Tensor4D,
		];
		for (const implementation of ["auto", "blocked", "dense"] as const) {
			const options = { causal: true, keyLengths: [2, 5], dropout: { rate: 0.5, seed: 3 }, implementation };
			const attend = (...[a, b, c]: tf.Tensor[]): tf.Tensor =>
				scaledDotProductAttention(a as tf.Tensor4D, b as tf.Tensor4D, c as tf.Tensor4D, options);
			expectNoLeak(() => attend(q, k, v));
			expectNoLeak(() => tf.grads(attend)([q, k, v]));
		}
		expectNoLeak(() => ({ ...scaledDotProductAttention(q, k, v, { returnWeights: true, layout: "bhsd" }) }));
		tf.dispose([q, k, v]);
	});
});
