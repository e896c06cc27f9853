import { type AttentionOptions, scaledDotProductAttention } from "@heed/core";
import { expectClose, randomSource, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../index.ts";

const problems = fc.record({
	batch: fc.integer({ min: 0, max: 2 }),
	keyHeads: fc.integer({ min: 1, max: 2 }),
	group: fc.integer({ min: 1, max: 3 }),
	queryLength: fc.integer({ min: 0, max: 12 }),
	keyLength: fc.integer({ min: 0, max: 90 }),
	headDim: fc.integer({ min: 1, max: 9 }),
	valueDim: fc.integer({ min: 1, max: 9 }),
	causal: fc.boolean(),
	queryOffset: fc.constantFrom(0, 5, -3, 80, 2 ** 29, -(2 ** 40)),
	window: fc.constantFrom(
		undefined,
		{ left: 3, right: -1 },
		{ left: -1, right: 2 },
		{ left: 2 ** 29 - 5, right: 9 },
	),
	/** How large the bias is, and whether it has whole rows of -1e9, as padding does. */
	bias: fc.constantFrom(undefined, 0, -1e9, -3e4, Number.NEGATIVE_INFINITY),
	rank: fc.constantFrom(2, 4),
	sunk: fc.constantFrom(undefined, 1, 30, -1e9, -3.4e38, Number.NEGATIVE_INFINITY),
	softcap: fc.constantFrom(undefined, 1e-30, 2, 1e6),
	lengths: fc.option(fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 90 }))),
	masked: fc.boolean(),
	rate: fc.constantFrom(0, 0.4),
	seed: fc.nat(),
});

type Problem = typeof problems extends fc.Arbitrary<infer T> ? T : never;

/** The output and the gradients of all inputs, each path with its own forward pass. */
function compute(p: Problem, implementation: "fused" | "blocked" | "dense"): tf.Tensor[] {
	const heads = p.keyHeads * p.group;
	const query = randomTensor([p.batch, heads, p.queryLength, p.headDim], p.seed);
	const key = randomTensor([p.batch, p.keyHeads, p.keyLength, p.headDim], p.seed + 1);
	const value = randomTensor([p.batch, p.keyHeads, p.keyLength, p.valueDim], p.seed + 2);
	const scores = [1, heads, p.queryLength, p.keyLength].slice(p.rank === 2 ? 2 : 0);
	const random = randomSource(p.seed + 3);
	const level = p.bias ?? 0;
	const values = Float32Array.from({ length: tf.util.sizeFromShape(scores) }, (_, i) => {
		const whole = Math.floor(i / Math.max(1, p.keyLength)) % 3 === 0; // every third row
		return random.normal() + (whole || random.uniform() < 0.3 ? level : 0);
	});
	const mask = Uint8Array.from({ length: p.queryLength * p.keyLength }, () => Number(random.uniform() < 0.6));
	const inputs = [query, key, value];
	if (p.bias !== undefined) inputs.push(tf.tensor(values, scores));
	if (p.sunk !== undefined) inputs.push(tf.fill([heads], p.sunk));
	const attend = (...[q, k, v, ...rest]: tf.Tensor[]): tf.Tensor => {
		const options: AttentionOptions = {
			causal: p.causal,
			queryOffset: p.queryOffset,
			window: p.window,
			bias: p.bias === undefined ? undefined : rest[0],
			sinks: p.sunk === undefined ? undefined : (rest.at(-1) as tf.Tensor1D),
			softcap: p.softcap,
			keyLengths: p.lengths?.slice(0, p.batch).map((length) => Math.min(length, p.keyLength)),
			mask: p.masked ? tf.tensor(mask, [p.queryLength, p.keyLength], "bool") : undefined,
			...(p.rate > 0 && { dropout: { rate: p.rate, seed: p.seed } }),
			implementation,
		};
		return scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, options);
	};
	const output = attend(...inputs);
	const upstream = randomTensor(output.shape, p.seed + 4);
	return [
		output,
		...tf.grads((...tensors: tf.Tensor[]) => tf.sum(tf.mul(attend(...tensors), upstream)))(inputs),
	];
}

describe("fused attention and the whole matrix of scores", () => {
	useBackend("wasm");

	it("agree, with gradients, where each path has its own forward pass and the limits of its options", () => {
		fc.assert(
			fc.property(problems, (problem) => {
				tf.tidy(() => {
					const dense = compute(problem, "dense");
					for (const path of ["fused", "blocked"] as const) {
						compute(problem, path).forEach((tensor, i) => {
							expect(tensor.shape).toEqual(dense[i]?.shape);
							expectClose(tensor, dense[i] as tf.Tensor, {
								atol: 2e-5,
								rtol: 2e-4,
								label: `${path}, result ${i}`,
							});
						});
					}
				});
			}),
			{ seed: 1, numRuns: Number(process.env.HEED_FUZZ_RUNS ?? 400) },
		);
	}, 300_000);

	it("a row of -1e9 alone is uniform, and so are its gradients", () => {
		for (const implementation of ["fused", "blocked", "dense"] as const) {
			tf.tidy(() => {
				const x = tf.ones<tf.Rank.R4>([1, 1, 64, 2]);
				const bias = tf.fill([1, 64], -1e9);
				const loss = (v: tf.Tensor): tf.Tensor =>
					tf.sum(
						scaledDotProductAttention(tf.ones([1, 1, 1, 2]), x, v as tf.Tensor4D, { bias, implementation }),
					);
				expectClose(tf.grad(loss)(x), new Float32Array(128).fill(1 / 64), {
					atol: 1e-6,
					label: implementation,
				});
			});
		}
	});
});
