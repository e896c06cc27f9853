import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { shawRelativeScores, shawRelativeValues } from "./shaw-relative.ts";
import { t5Bucket, t5RelativeBias } from "./t5-relative-bias.ts";

/** Lengths that exercise one query, one key, and each side longer. */
const lengths = [
	[1, 1],
	[1, 5],
	[5, 1],
	[3, 7],
	[7, 3],
] as const;

describeOnEveryBackend("t5RelativeBias", () => {
	it("has the bucket ranges of T5", () => {
		const bounds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91]; // first distance of bucket 0 … 15
		bounds.forEach((from, bucket) => {
			const to = (bounds[bucket + 1] ?? 1000) - 1;
			expect([t5Bucket(-from), t5Bucket(-to)], `bucket ${bucket}`).toEqual([bucket, bucket]);
			if (from > 0) expect([t5Bucket(from), t5Bucket(to)]).toEqual([bucket + 16, bucket + 16]);
		});
		const decoder = { bidirectional: false };
		expect([5, 0, -1, -15, -16, -1000].map((d) => t5Bucket(d, decoder))).toEqual([0, 0, 1, 15, 16, 31]);
	});

	it("puts the table's value of the bucket at every pair of positions", () => {
		const table = randomTensor<tf.Rank.R2>([8, 3], 1);
		const values = table.arraySync();
		for (const [queryLength, keyLength] of lengths) {
			for (const bidirectional of [true, false]) {
				const options = { bidirectional, maxDistance: 6, queryOffset: 2 };
				const bias = t5RelativeBias(table, queryLength, keyLength, options);
				expect(bias.shape).toEqual([1, 3, queryLength, keyLength]);
				const expected: number[] = [];
				for (let h = 0; h < 3; h++)
					for (let i = 0; i < queryLength; i++)
						for (let j = 0; j < keyLength; j++) {
							const bucket = t5Bucket(j - i - 2, { bidirectional, maxDistance: 6, numBuckets: 8 });
							expected.push(values[bucket]?.[h] ?? Number.NaN);
						}
				expectClose(bias, expected, { atol: 0, label: `${queryLength} × ${keyLength}` });
			}
		}
	});

	it("takes an offset per batch item, as alibiBias does, and refuses what is none", () => {
		const table = randomTensor<tf.Rank.R2>([8, 3], 1);
		const single = [1, -2].map((queryOffset) => t5RelativeBias(table, 5, 7, { queryOffset }));
		const both = t5RelativeBias(table, 5, 7, { queryOffset: [1, -2] });
		expect(both.shape).toEqual([2, 3, 5, 7]);
		expectClose(both, tf.concat(single, 0), { atol: 0 });
		expectNoLeak(() => t5RelativeBias(table, 5, 7, { queryOffset: [1, -2] }));
		expectGradientsMatch((t) => t5RelativeBias(t as tf.Tensor2D, 3, 5, { queryOffset: [1, 4] }), [table]);
		expect(() => t5RelativeBias(table, 5, 7, { queryOffset: [] })).toThrow("`queryOffset` is empty");
		expect(() => t5RelativeBias(table, 5, 7, { queryOffset: [1, 0.5] })).toThrow("`queryOffset` is 0.5");
		expect(() => t5RelativeBias(tf.cast(table, "int32"), 5, 7)).toThrow("table is int32; expected float32");
	});

	it("trains the table, leaves nothing behind, and refuses tables that have no such buckets", () => {
		const table = randomTensor<tf.Rank.R2>([8, 3], 2);
		expectGradientsMatch((t) => t5RelativeBias(t as tf.Tensor2D, 5, 7, { maxDistance: 6 }), [table]);
		expectNoLeak(() => t5RelativeBias(table, 5, 7));
		expectNoLeak(() => t5RelativeBias(table, 5, 0), { throws: true });
		const odd = tf.zeros<tf.Rank.R2>([6, 3]);
		expect(() => t5RelativeBias(odd, 5, 7)).toThrow(
			"t5RelativeBias: `numBuckets` is 6; expected a multiple of 4",
		);
		expect(() => t5RelativeBias(table, 5, 7, { maxDistance: 2 })).toThrow("`maxDistance` is 2");
		expect(() => t5Bucket(0.5)).toThrow("t5Bucket: `relativePosition` is 0.5");
	});
});

describeOnEveryBackend("shawRelativeScores and shawRelativeValues", () => {
	const [batch, heads, dim, rows] = [2, 3, 5, 7];
	const row = (i: number, j: number, offset: number): number => 3 + Math.min(3, Math.max(-3, j - i - offset));

	it("read the table at the clipped distance of every pair", () => {
		const table = randomTensor<tf.Rank.R2>([rows, dim], 1);
		const t = table.arraySync();
		for (const [queryLength, keyLength] of lengths) {
			for (const queryOffset of [0, 4]) {
				const label = `${queryLength} × ${keyLength}, offset ${queryOffset}`;
				const query = randomTensor<tf.Rank.R4>([batch, heads, queryLength, dim], 2);
				const weights = randomTensor<tf.Rank.R4>([batch, heads, queryLength, keyLength], 3);
				const scores: number[] = [];
				const values: number[] = [];
				const [q, w] = [query.arraySync(), weights.arraySync()];
				for (let b = 0; b < batch; b++)
					for (let h = 0; h < heads; h++)
						for (let i = 0; i < queryLength; i++) {
							const vector = q[b]?.[h]?.[i] ?? [];
							const share = w[b]?.[h]?.[i] ?? [];
							const keys = Array.from({ length: keyLength }, (_, j) => t[row(i, j, queryOffset)] ?? []);
							for (const key of keys) scores.push(key.reduce((sum, x, d) => sum + x * (vector[d] ?? 0), 0));
							for (let d = 0; d < dim; d++)
								values.push(keys.reduce((sum, key, j) => sum + (key[d] ?? 0) * (share[j] ?? 0), 0));
						}
				expectClose(shawRelativeScores(query, table, { keyLength, queryOffset }), scores, { label });
				expectClose(shawRelativeValues(weights, table, { queryOffset }), values, { label });
			}
		}
	});

	it("pass gradients to queries, weights and the table, and leave nothing behind", () => {
		const table = randomTensor<tf.Rank.R2>([rows, dim], 4);
		const query = randomTensor<tf.Rank.R4>([batch, heads, 3, dim], 5);
		const weights = randomTensor<tf.Rank.R4>([batch, heads, 3, 7], 6);
		const score = (q: tf.Tensor, t: tf.Tensor): tf.Tensor =>
			shawRelativeScores(q as tf.Tensor4D, t as tf.Tensor2D, { keyLength: 7 });
		const value = (w: tf.Tensor, t: tf.Tensor): tf.Tensor =>
			shawRelativeValues(w as tf.Tensor4D, t as tf.Tensor2D);
		expectGradientsMatch(score, [query, table]);
		expectGradientsMatch(value, [weights, table]);
		expectNoLeak(() => score(query, table));
		expectNoLeak(() => value(weights, table));
	});

	it("take an offset per batch item", () => {
		const table = randomTensor<tf.Rank.R2>([rows, dim], 4);
		const query = randomTensor<tf.Rank.R4>([batch, heads, 3, dim], 5);
		const weights = randomTensor<tf.Rank.R4>([batch, heads, 3, 7], 6);
		const offsets = [4, -1];
		const each = (f: (item: number, queryOffset: number) => tf.Tensor): tf.Tensor =>
			tf.concat(
				offsets.map((offset, item) => tf.slice(f(item, offset), [item], [1])),
				0,
			);
		const scores = shawRelativeScores(query, table, { keyLength: 7, queryOffset: offsets });
		const values = shawRelativeValues(weights, table, { queryOffset: offsets });
		expectClose(
			scores,
			each((_, queryOffset) => shawRelativeScores(query, table, { keyLength: 7, queryOffset })),
		);
		expectClose(
			values,
			each((_, queryOffset) => shawRelativeValues(weights, table, { queryOffset })),
		);
		expectNoLeak(() => shawRelativeScores(query, table, { queryOffset: offsets }));
		expectNoLeak(() => shawRelativeValues(weights, table, { queryOffset: offsets }));
		expect(() => shawRelativeScores(query, table, { queryOffset: [1, 2, 3] })).toThrow(
			"shawRelativeScores: `queryOffset` has 3 numbers; expected one per batch item, 2.",
		);
		expect(() => shawRelativeValues(weights, table, { queryOffset: [1, 2, 3] })).toThrow(
			"`queryOffset` has 3",
		);
		expect(() => shawRelativeValues(weights, table, { queryOffset: 0.5 })).toThrow("`queryOffset` is 0.5");
		expect(() => shawRelativeScores(tf.cast(query, "int32"), table)).toThrow(
			"query is int32; expected float32",
		);
		expect(() => shawRelativeValues(weights, tf.cast(table, "int32"))).toThrow("table is int32");
	});

	it("refuse tables that do not fit", () => {
		const query = tf.zeros<tf.Rank.R4>([batch, heads, 3, dim]);
		const even = tf.zeros<tf.Rank.R2>([6, dim]);
		expectNoLeak(() => shawRelativeScores(query, even), { throws: true });
		expect(() => shawRelativeScores(query, even)).toThrow("has 6 rows; expected an odd number");
		expect(() => shawRelativeValues(query, even)).toThrow("shawRelativeValues: table [2 · maxDistance + 1 6");
		expect(() => shawRelativeScores(query, tf.zeros([rows, 4]))).toThrow("expected headDim 5");
		expect(() => shawRelativeScores(query, tf.zeros([rows, dim]), { keyLength: 0 })).toThrow(
			"`keyLength` is 0",
		);
	});
});
