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
import { scaledDotProductAttention } from "../dot-product/scaled-dot-product-attention.ts";
import { appendToCache } from "./append-to-cache.ts";
import { createCache, disposeCache, type KeyValueCache } from "./key-value-cache.ts";
import { reorderCache } from "./reorder-cache.ts";
import { resetCache } from "./reset-cache.ts";

const [B, H, T, D, E] = [2, 3, 7, 5, 4];
const shape = { batch: B, kvHeads: H, headDim: D, valueDim: E };
const from = (x: tf.Tensor4D, start: number, count: number): tf.Tensor4D =>
	tf.slice(x, [0, 0, start, 0], [-1, -1, count, -1]);

/** Plain attention of queries that stand at the end of `lengths[b]` visible keys. */
function attend(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	lengths: readonly number[],
): tf.Tensor4D {
	const seen = (b: number, i: number): number => (lengths[b] ?? 0) - query.shape[2] + 1 + i;
	const mask = lengths.flatMap((_, b) =>
		Array.from({ length: query.shape[2] }, (_, i) =>
			Array.from({ length: key.shape[2] }, (_, j) => j < seen(b, i)),
		).flat(),
	);
	const visible = tf.tensor4d(mask, [lengths.length, 1, query.shape[2], key.shape[2]], "bool");
	const scores = tf.matMul(query, key, false, true);
	return tf.matMul(tf.softmax(tf.where(visible, scores, tf.fill(scores.shape, -1e9))), value) as tf.Tensor4D;
}

const contents = (cache: KeyValueCache, item: number): { key: tf.Tensor; value: tf.Tensor } => {
	const length = cache.lengths[item] ?? 0;
	return {
		key: tf.slice(cache.key, [item, 0, 0, 0], [1, -1, length, -1]),
		value: tf.slice(cache.value, [item, 0, 0, 0], [1, -1, length, -1]),
	};
};

describeOnEveryBackend("the key/value cache", () => {
	it("decodes step by step what attention over everything gives", () => {
		const [query, key] = [
			randomTensor<tf.Rank.R4>([B, H, T, D], 1),
			randomTensor<tf.Rank.R4>([B, H, T, D], 2),
		];
		const value = randomTensor<tf.Rank.R4>([B, H, T, E], 3);
		const expected = attend(query, key, value, [T, T]);
		let cache = createCache({ ...shape, capacity: 11 });
		let done = 0;
		for (const count of [3, 1, 1, 2]) {
			cache = appendToCache(cache, from(key, done, count), from(value, done, count));
			expect(cache.key.shape).toEqual([B, H, 11, D]);
			const output = attend(from(query, done, count), cache.key, cache.value, cache.lengths);
			expectClose(output, from(expected, done, count));
			const options = { keyLengths: cache.lengths, causal: true, queryOffset: [done, done], scale: 1 };
			const scaled = scaledDotProductAttention(from(query, done, count), cache.key, cache.value, options);
			expectClose(scaled, output);
			done += count;
		}
		expect(cache.lengths).toEqual([T, T]);
	});

	it("attends by the call of its documentation: a ragged prompt of several tokens, then token by token", () => {
		const [query, key] = [
			randomTensor<tf.Rank.R4>([B, H, 5, D], 1),
			randomTensor<tf.Rank.R4>([B, H, 5, D], 2),
		];
		const value = randomTensor<tf.Rank.R4>([B, H, 5, E], 3);
		const prompts = [3, 2];
		let cache = createCache({ ...shape, capacity: 11 });
		const step = (from: readonly number[], counts: readonly number[]): tf.Tensor4D => {
			const size = Math.max(...counts);
			const rows = (x: tf.Tensor4D): tf.Tensor4D =>
				tf.concat(
					from.map((at, item) => tf.slice(x, [item, 0, at, 0], [1, -1, size, -1])),
					0,
				);
			const previous = cache;
			cache = appendToCache(previous, rows(key), rows(value), { lengths: counts });
			return scaledDotProductAttention(rows(query), cache.key, cache.value, {
				keyLengths: cache.lengths,
				queryOffset: previous.lengths,
				causal: true,
			});
		};
		const whole = scaledDotProductAttention(query, key, value, { causal: true });
		const outputs = [
			[step([0, 0], prompts), [0, 0], prompts],
			[step(prompts, [1, 1]), prompts, [1, 1]],
			[step([4, 3], [1, 1]), [4, 3], [1, 1]],
		] as const;
		for (const [output, starts, counts] of outputs) {
			starts.forEach((start, item) => {
				const count = counts[item] ?? 0;
				expectClose(
					tf.slice(output, [item, 0, 0, 0], [1, -1, count, -1]),
					tf.slice(whole, [item, 0, start, 0], [1, -1, count, -1]),
				);
			});
		}
		expect(cache.lengths).toEqual([5, 4]);
	});

	it("keeps a length per item: any way of splitting gives the same contents", () => {
		const counts = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
			maxLength: 5,
		});
		fc.assert(
			fc.property(counts, fc.nat(), (steps, seed) => {
				tf.tidy(() => {
					let cache = createCache({ ...shape, capacity: 15 });
					const written: tf.Tensor4D[][] = [[], []];
					steps.forEach(([first, second], i) => {
						const length = Math.max(first, second, 1);
						const key = randomTensor<tf.Rank.R4>([B, H, length, D], seed + i);
						const value = randomTensor<tf.Rank.R4>([B, H, length, E], seed - i);
						cache = appendToCache(cache, key, value, { lengths: [first, second] });
						[first, second].forEach((count, item) => {
							if (count > 0) written[item]?.push(tf.slice(key, [item, 0, 0, 0], [1, -1, count, -1]));
						});
					});
					written.forEach((parts, item) => {
						expect(cache.lengths[item]).toBe(parts.reduce((sum, part) => sum + part.shape[2], 0));
						if (parts.length > 0) expectClose(contents(cache, item).key, tf.concat(parts, 2));
					});
				});
			}),
			{ seed: 1, numRuns: 30 },
		);
	});

	it("reorders items by beam, and spreads one prompt over several", () => {
		const start = createCache({ ...shape, capacity: 5 });
		const key = randomTensor<tf.Rank.R4>([B, H, 2, D], 1);
		const cache = appendToCache(start, key, randomTensor([B, H, 2, E], 2), { lengths: [2, 1] });
		const beams = reorderCache(cache, [1, 0, 1]);
		expect(beams.lengths).toEqual([1, 2, 1]);
		[1, 0, 1].forEach((origin, item) => {
			expectClose(contents(beams, item).key, contents(cache, origin).key);
			expectClose(contents(beams, item).value, contents(cache, origin).value);
		});
	});

	it("forgets from a length on, and can be filled again", () => {
		const fresh = (seed: number): [tf.Tensor4D, tf.Tensor4D] => [
			randomTensor([B, H, 3, D], seed),
			randomTensor([B, H, 3, E], seed + 1),
		];
		const full = appendToCache(createCache({ ...shape, capacity: 4 }), ...fresh(1));
		expect(resetCache(full).lengths).toEqual([0, 0]);
		const back = resetCache(full, 1);
		const again = appendToCache(back, ...fresh(3));
		expect(again.lengths).toEqual([4, 4]);
		expectClose(from(again.key, 0, 1), from(full.key, 0, 1));
		expectClose(from(again.key, 1, 3), fresh(3)[0]);
	});

	it("passes gradients on to the new keys and values", () => {
		const cache = createCache({ ...shape, capacity: 6 });
		for (const [length, lengths] of [
			[2, [2, 2]],
			[1, [0, 1]],
			[3, [1, 3]],
		] as const) {
			const filled = appendToCache(cache, randomTensor([B, H, 2, D], 7), randomTensor([B, H, 2, E], 8), {
				lengths: [1, 2],
			});
			const f = (...[k, v]: tf.Tensor[]): tf.Tensor => {
				const next = appendToCache(filled, k as tf.Tensor4D, v as tf.Tensor4D, { lengths });
				return tf.concat([next.key, next.value], 3);
			};
			expectGradientsMatch(f, [randomTensor([B, H, length, D], 1), randomTensor([B, H, length, E], 2)]);
		}
	});

	it("leaves nothing behind, and does not touch what it is given", () => {
		const [key, value] = [
			randomTensor<tf.Rank.R4>([B, H, 1, D], 1),
			randomTensor<tf.Rank.R4>([B, H, 1, E], 2),
		];
		const cache = appendToCache(createCache({ ...shape, capacity: 3 }), key, value, { lengths: [1, 0] });
		const tensors = ({ key: k, value: v }: KeyValueCache): tf.Tensor[] => [k, v];
		expectNoLeak(() => tensors(createCache({ ...shape, capacity: 3 })));
		expectNoLeak(() => tensors(appendToCache(cache, key, value)));
		const ragged = { lengths: [1, 0] };
		expectNoLeak(() => tensors(appendToCache(cache, key, value, ragged)));
		const [keys, values] = [
			randomTensor<tf.Rank.R4>([B, H, 2, D], 3),
			randomTensor<tf.Rank.R4>([B, H, 2, E], 4),
		];
		expectNoLeak(() => tensors(appendToCache(cache, keys, values, { lengths: [1, 2] })));
		expectNoLeak(() => tensors(reorderCache(cache, [1, 1])));
		expectNoLeak(() => tensors(resetCache(cache)));
		expectNoLeak(() => {
			disposeCache(reorderCache(cache, [0]));
			return [];
		});
		expectClose(contents(cache, 0).key, tf.slice(key, 0, 1));
	});

	it("refuses what does not fit", () => {
		const cache = appendToCache(
			createCache({ ...shape, capacity: 3 }),
			tf.ones([B, H, 2, D]),
			tf.ones([B, H, 2, E]),
			{
				lengths: [0, 2],
			},
		);
		const [key, value] = [tf.ones<tf.Rank.R4>([B, H, 2, D]), tf.ones<tf.Rank.R4>([B, H, 2, E])];
		const calls: [() => unknown, RegExp][] = [
			[
				() => appendToCache(cache, key, value),
				/item 1 holds 2 of capacity 3, and 2 more do not fit\..*`capacity` of 4 or more.*resetCache/,
			],
			[() => appendToCache(cache, tf.ones([B, 1, 2, D]), value), /key \[.*kvHeads 1.*expected kvHeads 3/],
			[() => appendToCache(cache, key, tf.ones([B, H, 1, E])), /value.*expected newLength 2/],
			[() => appendToCache(cache, tf.ones([B, H, 2, D], "int32"), value), /key is int32/],
			[
				() => appendToCache(cache, key, value, { lengths: [1] }),
				/`lengths` has 1 numbers; expected one per batch item, 2/,
			],
			[() => appendToCache(cache, key, value, { lengths: [3, 0] }), /`lengths\[0\]` is 3.*at most 2/],
			[() => appendToCache(cache, key, value, { length: 1 } as never), /`length`/],
			[() => reorderCache(cache, [0, 2]), /`beamIndices\[1\]` is 2.*at most 1/],
			[() => reorderCache(cache, []), /`beamIndices` is empty/],
			[() => resetCache(cache, 4), /`length` is 4.*at most 3/],
			[() => createCache({ ...shape, capacity: 0 }), /createCache: `capacity` is 0/],
			[() => createCache({ batch: 1, kvHeads: 1, capacity: 2 } as never), /`headDim` is undefined/],
		];
		for (const [call, message] of calls) {
			const run = (): tf.TensorContainer => tf.tidy(() => void call());
			expect(run).toThrow(message);
			expectNoLeak(run, { throws: true });
		}
	});

	it("consumes a cache when told to: the same positions, nothing left behind, nobody else's numbers changed", () => {
		const make = (): KeyValueCache => ({
			key: randomTensor<tf.Rank.R4>([B, H, 6, D], 1),
			value: randomTensor<tf.Rank.R4>([B, H, 6, E], 2),
			lengths: [2, 3],
		});
		const [key, value] = [
			randomTensor<tf.Rank.R4>([B, H, 2, D], 3),
			randomTensor<tf.Rank.R4>([B, H, 2, E], 4),
		];
		const options = { lengths: [2, 1] };
		const before = tf.memory();
		const kept = make();
		const expected = appendToCache(kept, key, value, options);
		const consumed = make();
		const alias = tf.clone(consumed.key);
		const original = [...alias.dataSync()];
		const actual = appendToCache(consumed, key, value, { ...options, consume: true });
		expect(consumed.key.isDisposed).toBe(true);
		expect(actual.lengths).toEqual([4, 4]);
		expectClose(actual.key, expected.key, { atol: 0 });
		expectClose(actual.value, expected.value, { atol: 0 });
		expect([...alias.dataSync()]).toEqual(original);
		alias.dispose();
		const again = appendToCache(actual, from(key, 0, 1), from(value, 0, 1), { consume: true });
		expect(again.lengths).toEqual([5, 5]);
		for (const cache of [kept, expected, again]) disposeCache(cache);
		// The two slices above are all that is left.
		expect(tf.memory().numTensors - before.numTensors).toBe(2);
		expect(() => appendToCache(make(), key, value, { consume: 1 as unknown as boolean })).toThrow(
			"`consume` is 1",
		);
	});
});
