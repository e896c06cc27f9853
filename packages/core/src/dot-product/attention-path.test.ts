import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, expect, test } from "vitest";
import { HeedError } from "../errors.ts";
import { type KernelPathEvent, onKernelPath } from "../kernel/kernel-path.ts";
import { registerFusedAttention, unregisterFusedAttention } from "./attention-dispatch.ts";
import { blockedBackward } from "./blocked-backward.ts";
import { blockedForward } from "./blocked-forward.ts";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

describeOnEveryBackend("paths of scaledDotProductAttention", (backend) => {
	const tensors = (): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] => {
		const make = (seed: number): tf.Tensor4D => randomTensor<tf.Rank.R4>([1, 2, 3, 4], seed);
		return [make(1), make(2), make(3)];
	};
	const during = (work: () => void): KernelPathEvent[] => {
		const events: KernelPathEvent[] = [];
		const stop = onKernelPath((event) => events.push(event));
		tf.tidy(work);
		stop();
		return events;
	};
	/** Stands for a backend package: it can do everything but dropout, and counts. */
	const registerFake = (): { calls: number } => {
		const fake = { calls: 0 };
		registerFusedAttention({
			backendName: backend,
			unsupported: (_, { dropoutRate }) => (dropoutRate > 0 ? "the fake knows no dropout" : undefined),
			forward: (inputs, attributes) => {
				fake.calls++;
				return blockedForward(inputs, attributes);
			},
			backward: (inputs, attributes) => {
				fake.calls++;
				const { query, key, value, bias, sinks } = blockedBackward(inputs, attributes);
				return [query, key, value, bias, sinks].filter((grad) => grad !== undefined);
			},
		});
		return fake;
	};

	afterEach(() => unregisterFusedAttention(backend));

	test("auto takes the blocked path where nothing is fused, and says so", () => {
		const events = during(() => scaledDotProductAttention(...tensors()));
		expect(events).toEqual([
			{
				kernel: "ScaledDotProductAttention",
				backend,
				path: "blocked",
				reason: `no fused attention is registered for the backend '${backend}'`,
			},
		]);
	});

	test("auto takes the fused path where it is registered, forward and backward", () => {
		const fake = registerFake();
		const events = during(() => {
			const [q, k, v] = tensors();
			tf.grad((x: tf.Tensor) => scaledDotProductAttention(x as tf.Tensor4D, k, v))(q);
		});
		expect(events.map(({ path }) => path)).toEqual(["fused", "fused"]);
		expect(fake.calls).toBe(2);
	});

	test("what the fused path does not support goes to the composition, visibly", () => {
		const fake = registerFake();
		const events = during(() => scaledDotProductAttention(...tensors(), { dropout: { rate: 0.5, seed: 1 } }));
		expect(events).toMatchObject([{ path: "blocked", reason: "the fake knows no dropout" }]);
		expect(fake.calls).toBe(0);
	});

	test("'blocked' and 'dense' leave the fused path out, and returned weights need the dense one", () => {
		const fake = registerFake();
		const events = during(() => {
			scaledDotProductAttention(...tensors(), { implementation: "blocked" });
			scaledDotProductAttention(...tensors(), { implementation: "dense" });
			scaledDotProductAttention(...tensors(), { returnWeights: true });
			scaledDotProductAttention(...tensors(), { normalizer: "sparsemax" });
		});
		expect(events.map(({ path }) => path)).toEqual(["blocked", "dense", "dense", "dense"]);
		expect(fake.calls).toBe(0);
	});

	test("'fused' insists, or says why not, before anything is allocated", () => {
		const insist = (options: object) => () =>
			scaledDotProductAttention(...tensors(), { ...options, implementation: "fused" });
		tf.tidy(() => {
			expect(insist({})).toThrow(
				`scaledDotProductAttention: \`implementation\` is 'fused', but no fused attention is registered for the backend '${backend}'`,
			);
			registerFake();
			expect(insist({})).not.toThrow();
			expect(insist({ dropout: { rate: 0.5, seed: 1 } })).toThrow("the fake knows no dropout");
			expect(insist({ returnWeights: true })).toThrow("`returnWeights` needs the whole matrix of scores");
			expect(insist({ normalizer: "entmax15" })).toThrow("`normalizer` needs the whole matrix of scores");
		});
	});

	test("normalisers by name and by function: rows still sum to 1, hidden keys stay 0", () => {
		tf.tidy(() => {
			const mask = tf.tensor2d([1, 0, 1, 0, 0, 0, 1, 1, 1], [3, 3], "bool"); // the second row is dead
			for (const normalizer of ["sparsemax", "entmax15"] as const) {
				const { weights } = scaledDotProductAttention(...tensors(), {
					mask,
					normalizer,
					returnWeights: true,
				});
				expectClose(tf.sum(weights, 3), [1, 0, 1, 1, 0, 1]);
				expectClose(tf.where(mask, tf.zerosLike(weights), weights), new Float32Array(18), { atol: 0 });
			}
			const uniform = (scores: tf.Tensor): tf.Tensor => tf.fill(scores.shape, 1 / 3);
			const [q, k, v] = tensors();
			const mean = tf.tile(tf.mean(v, 2, true), [1, 1, 3, 1]);
			expectClose(scaledDotProductAttention(q, k, v, { normalizer: uniform }), mean);
		});
	});

	test("layout 'bshd' is the same computation with two axes swapped", () => {
		tf.tidy(() => {
			const [q, k, v] = tensors();
			const swap = (x: tf.Tensor4D): tf.Tensor4D => tf.transpose(x, [0, 2, 1, 3]);
			const output = scaledDotProductAttention(swap(q), swap(k), swap(v), { causal: true, layout: "bshd" });
			expectClose(swap(output), scaledDotProductAttention(q, k, v, { causal: true }), { atol: 1e-7 });
		});
	});

	test("errors are ours", () => {
		tf.tidy(() => {
			const [q, k] = tensors();
			try {
				scaledDotProductAttention(q, k, tf.zeros([1, 2, 5, 4]));
				expect.unreachable();
			} catch (error) {
				expect(HeedError.isInstance(error)).toBe(true);
			}
		});
	});
});
