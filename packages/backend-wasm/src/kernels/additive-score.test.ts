import { additiveScore } from "@heed/core";
import { expectClose, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import { activeKernels } from "../index.ts";

const sizes = fc.record({
	batch: fc.integer({ min: 1, max: 4 }),
	queries: fc.integer({ min: 1, max: 5 }),
	keys: fc.integer({ min: 1, max: 7 }),
	units: fc.integer({ min: 1, max: 35 }),
	seed: fc.nat(),
});

type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never;

/** The scores and the gradients of query, key and v. */
function compute({ batch, queries, keys, units, seed }: Sizes): Float32Array[] {
	return tf.tidy(() => {
		const query = randomTensor([batch, queries, units], seed);
		const key = randomTensor([batch, keys, units], seed + 1);
		const v = randomTensor([units], seed + 2);
		const upstream = randomTensor([batch, queries, keys], seed + 3);
		const score = (...[q, k, weights]: tf.Tensor[]): tf.Tensor =>
			additiveScore(q as tf.Tensor3D, k as tf.Tensor3D, { v: weights as tf.Tensor1D });
		const loss = (...inputs: tf.Tensor[]): tf.Tensor => tf.sum(tf.mul(score(...inputs), upstream));
		const tensors = [score(query, key, v), ...tf.grads(loss)([query, key, v])];
		return tensors.map((tensor) => tensor.dataSync<"float32">().slice());
	});
}

describe("the additive score on wasm", () => {
	useBackend("wasm");

	it("equals the composition on cpu with its gradients, and writes within bounds", async () => {
		expect(activeKernels()).toEqual(expect.arrayContaining(["HeedAdditiveScore", "HeedAdditiveScoreGrad"]));
		await fc.assert(
			fc.asyncProperty(sizes, async (problem) => {
				await tf.setBackend("cpu");
				const expected = compute(problem);
				await tf.setBackend("wasm");
				const actual = withGuardedMemory(() => compute(problem));
				actual.forEach((values, i) => {
					expectClose(values, expected[i] ?? [], { atol: 1e-5, label: `result ${i}` });
				});
			}),
			{ seed: 1, numRuns: 100 },
		);
	});
});
