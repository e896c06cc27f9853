import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { linearAttention } from "./linear-attention.ts";
import type { FeatureMap, LinearAttentionOptions, LinearAttentionState } from "./linear-attention-options.ts";

const [B, H, T, D, E] = [2, 3, 7, 5, 4];
const make = (length = T): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] => [
	randomTensor([B, H, length, D], 1),
	randomTensor([B, H, length, D], 2),
	randomTensor([B, H, length, E], 3),
];
const maps: Record<FeatureMap, (x: number) => number> = {
	elu: (x) => (x > 0 ? x + 1 : Math.exp(x)),
	relu: (x) => Math.max(x, 0),
	identity: (x) => x,
};

/** Every weight by itself, in float64. */
function quadratic(
	[query, key, value]: readonly tf.Tensor4D[],
	featureMap: FeatureMap,
	{ normalize, sees }: { normalize: boolean; sees: (b: number, i: number, j: number) => boolean },
): number[] {
	const phi = maps[featureMap];
	const keys = key?.arraySync() ?? [];
	const values = value?.arraySync() ?? [];
	return (query?.arraySync() ?? []).flatMap((heads, b) =>
		heads.flatMap((rows, h) =>
			rows.flatMap((q, i) => {
				const weights = (keys[b]?.[h] ?? []).map((k, j) =>
					sees(b, i, j) ? q.reduce((sum, x, d) => sum + phi(x) * phi(k[d] ?? 0), 0) : 0,
				);
				const total = normalize ? weights.reduce((a, w) => a + w, 1e-6) : 1;
				return Array.from({ length: E }, (_, e) =>
					weights.reduce((sum, w, j) => sum + (w * (values[b]?.[h]?.[j]?.[e] ?? 0)) / total, 0),
				);
			}),
		),
	);
}

/** One position at a time, handing the state on. */
function stepByStep(inputs: readonly tf.Tensor4D[], options: LinearAttentionOptions): tf.Tensor4D {
	let state: LinearAttentionState | undefined;
	const length = inputs[0]?.shape[2] ?? 0;
	const outputs = Array.from({ length }, (_, i) => {
		const [q, k, v] = inputs.map((x) => tf.slice(x, [0, 0, i, 0], [-1, -1, 1, -1])) as [
			tf.Tensor4D,
			tf.Tensor4D,
			tf.Tensor4D,
		];
		const known = state === undefined ? {} : { state };
		const result = linearAttention(q, k, v, { ...options, ...known, returnState: true });
		state = result.state;
		return result.output;
	});
	return tf.concat(outputs, 2);
}

describeOnEveryBackend("linearAttention", () => {
	const everything = () => true;
	const before = (_: number, i: number, j: number): boolean => j <= i;
	const cases = (["elu", "relu", "identity"] as const).flatMap((featureMap) =>
		[true, false].map((normalize) => ({ featureMap, normalize: normalize && featureMap !== "identity" })),
	);

	it.each(cases)("is the quadratic form, $featureMap, normalize $normalize", ({ featureMap, normalize }) => {
		const inputs = make();
		const options = { featureMap, normalize };
		expectClose(
			linearAttention(...inputs, options),
			quadratic(inputs, featureMap, { normalize, sees: everything }),
		);
		const causal = quadratic(inputs, featureMap, { normalize, sees: before });
		for (const chunkLength of [1, 2, 3, 7, 64]) {
			expectClose(linearAttention(...inputs, { ...options, causal: true, chunkLength }), causal, {
				label: `${chunkLength}`,
			});
		}
		expectClose(stepByStep(inputs, { ...options, causal: true }), causal);
		expectClose(stepByStep(inputs, options), causal);
	});

	it("normalises by default, but not the identity", () => {
		const inputs = make();
		expectClose(linearAttention(...inputs), quadratic(inputs, "elu", { normalize: true, sees: everything }));
		const identity = quadratic(inputs, "identity", { normalize: false, sees: everything });
		expectClose(linearAttention(...inputs, { featureMap: "identity" }), identity);
	});

	it("takes a feature map of the caller's, which may change the size of a head", () => {
		const inputs = make();
		const featureMap = (x: tf.Tensor4D): tf.Tensor4D => tf.concat([tf.relu(x), tf.relu(tf.neg(x))], 3);
		const { output, state } = linearAttention(...inputs, {
			featureMap,
			causal: true,
			chunkLength: 3,
			returnState: true,
		});
		expect(output.shape).toEqual([B, H, T, E]);
		expect([state.memory.shape, state.keySum.shape]).toEqual([
			[B, H, 2 * D, E],
			[B, H, 2 * D],
		]);
		expectClose(stepByStep(inputs, { featureMap, causal: true }), output);
	});

	it("leaves out keys by mask and by length, and gives zeros where none is left", () => {
		const [query, key, value] = make();
		const keyMask = tf.tensor2d(
			Array.from({ length: B * T }, (_, i) => i % 3 !== 1),
			[B, T],
			"bool",
		);
		const keyLengths = tf.tensor1d([0, 5], "int32");
		const sees = (b: number, _: number, j: number): boolean => (b * T + j) % 3 !== 1 && j < (b === 0 ? 0 : 5);
		const inputs = [query, key, value] as const;
		const expected = quadratic(inputs, "elu", { normalize: true, sees });
		expectClose(linearAttention(...inputs, { keyMask, keyLengths }), expected);
		expect(expected.slice(0, H * T * E)).toEqual(new Array(H * T * E).fill(0));
	});

	it("takes lengths as plain numbers", () => {
		const inputs = make();
		const keyLengths = tf.tensor1d([2, 5], "int32");
		expectClose(
			linearAttention(...inputs, { keyLengths: [2, 5] }),
			linearAttention(...inputs, { keyLengths }),
			{
				atol: 0,
			},
		);
		expectNoLeak(() => linearAttention(...inputs, { keyLengths: [2, 5] }));
	});

	it.each([false, true])("gives zeros and finite gradients without an epsilon, too, causal %s", (causal) => {
		const options = { causal, epsilon: 0, keyLengths: [0, 5], chunkLength: 3 };
		const f = (...t: tf.Tensor[]): tf.Tensor => linearAttention(...(t as ReturnType<typeof make>), options);
		const inputs = make();
		const output = f(...inputs);
		expectClose(tf.slice(output, [0], [1]), tf.zeros([1, H, T, E]), { atol: 0 });
		expectClose(output, linearAttention(...inputs, { ...options, epsilon: 1e-9 }));
		for (const gradient of tf.grads(f)(inputs)) {
			expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
			expectClose(tf.slice(gradient, [0], [1]), tf.zeros([1, ...gradient.shape.slice(1)]), { atol: 0 });
		}
	});

	it("a key that does not count changes nothing, bit for bit, and gets no gradient", () => {
		fc.assert(
			fc.property(fc.nat(), fc.boolean(), fc.integer({ min: 0, max: T }), (seed, causal, length) => {
				tf.tidy(() => {
					const [query, key, value] = [1, 2, 3].map((i) =>
						randomTensor<tf.Rank.R4>([1, 2, T, D], seed + i),
					) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
					const keyLengths = tf.tensor1d([length], "int32");
					const kept = tf.reshape(tf.less(tf.range(0, T), length), [1, 1, T, 1]);
					const spoil = (x: tf.Tensor4D): tf.Tensor4D =>
						tf.where(kept, x, tf.fill(x.shape, Number.NaN)) as tf.Tensor4D;
					const options = { causal, keyLengths, chunkLength: 3 };
					const clean = linearAttention(query, key, value, options);
					expect(linearAttention(query, spoil(key), spoil(value), options).dataSync()).toEqual(
						clean.dataSync(),
					);
					const f = (...[k, v]: tf.Tensor[]): tf.Tensor =>
						linearAttention(query, k as tf.Tensor4D, v as tf.Tensor4D, options);
					for (const gradient of tf.grads(f)([spoil(key), spoil(value)])) {
						expectClose(tf.where(kept, tf.zerosLike(gradient), gradient), tf.zerosLike(gradient));
					}
				});
			}),
			{ seed: 1, numRuns: 15 },
		);
	});

	it.each([false, true])(
		"has the gradients of finite differences, also of the state, causal %s",
		(causal) => {
			const state = [tf.abs(randomTensor([B, H, D, E], 4)), tf.abs(randomTensor([B, H, D], 5))];
			const keyLengths = tf.tensor1d([4, 7], "int32");
			const f = (...t: tf.Tensor[]): tf.Tensor => {
				const [query, key, value, memory, keySum] = t as [
					tf.Tensor4D,
					tf.Tensor4D,
					tf.Tensor4D,
					tf.Tensor4D,
					tf.Tensor3D,
				];
				return linearAttention(query, key, value, {
					causal,
					chunkLength: 3,
					keyLengths,
					state: { memory, keySum },
				});
			};
			expectGradientsMatch(f, [...make(), ...state], {
				names: ["query", "key", "value", "memory", "keySum"],
			});
		},
	);
});
