import { gruSequence, lstmSequence } from "@heed/core";
import { expectClose, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import { activeKernels } from "../index.ts";

const sizes = fc.record({
	time: fc.integer({ min: 1, max: 5 }),
	batch: fc.integer({ min: 1, max: 13 }),
	units: fc.integer({ min: 1, max: 41 }),
	reverse: fc.boolean(),
	seed: fc.nat(),
});

type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never;

/** The states and the gradients of a sequence, as plain numbers. */
function compute(kind: "gru" | "lstm", { time, batch, units, reverse, seed }: Sizes): Float32Array[] {
	const gates = kind === "gru" ? 3 : 4;
	return tf.tidy(() => {
		const x = randomTensor([time, batch, gates * units], seed);
		const h = randomTensor([batch, units], seed + 1);
		const c = randomTensor([batch, units], seed + 2);
		const r = randomTensor([units, gates * units], seed + 3, 1 / Math.sqrt(units));
		const b = randomTensor([gates * units], seed + 4);
		const live = tf.cast(tf.greater(randomTensor([time, batch], seed + 5), -0.5), "float32") as tf.Tensor2D;
		const upstream = randomTensor([time, batch, units], seed + 6);
		const run = (...[y, hidden, kernel, rest]: tf.Tensor[]): tf.Tensor[] =>
			kind === "gru"
				? [
						gruSequence(y as tf.Tensor3D, hidden as tf.Tensor2D, kernel as tf.Tensor2D, rest as tf.Tensor1D, {
							reverse,
						}),
					]
				: lstmSequence(y as tf.Tensor3D, hidden as tf.Tensor2D, rest as tf.Tensor2D, kernel as tf.Tensor2D, {
						live,
						reverse,
					});
		const inputs = [x, h, r, kind === "gru" ? b : c];
		const loss = (...tensors: tf.Tensor[]): tf.Tensor =>
			tf.sum(tf.addN(run(...tensors).map((states) => tf.mul(states, upstream))));
		return [...run(...inputs), ...tf.grads(loss)(inputs)].map((tensor) =>
			tensor.dataSync<"float32">().slice(),
		);
	});
}

describe("recurrent sequences on wasm", () => {
	useBackend("wasm");

	it("run in kernels of this package", () => {
		const names = ["HeedGruSequence", "HeedGruSequenceGrad", "HeedLstmSequence", "HeedLstmSequenceGrad"];
		expect(activeKernels()).toEqual(expect.arrayContaining(names));
	});

	it.each(["gru", "lstm"] as const)(
		"%s: equals the composition on cpu, and writes within bounds",
		async (kind) => {
			await fc.assert(
				fc.asyncProperty(sizes, async (problem) => {
					await tf.setBackend("cpu");
					const expected = compute(kind, problem);
					await tf.setBackend("wasm");
					const actual = withGuardedMemory(() => compute(kind, problem));
					actual.forEach((values, i) => {
						expectClose(values, expected[i] ?? [], { atol: 2e-5, label: `result ${i}` });
					});
				}),
				{ seed: 1, numRuns: 60 },
			);
		},
	);
});
