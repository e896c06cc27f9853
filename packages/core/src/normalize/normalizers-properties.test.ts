import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entmax } from "./entmax.ts";
import { entmax15 } from "./entmax15.ts";
import { maskedSoftmax } from "./masked-softmax.ts";
import { sparsemax } from "./sparsemax.ts";
import { topKSoftmax } from "./top-k-softmax.ts";

type Normalize = (scores: tf.Tensor, mask?: tf.Tensor) => tf.Tensor;

const normalizers: [string, Normalize][] = [
	["maskedSoftmax", (scores, mask) => maskedSoftmax(scores, mask)],
	["sparsemax", (scores, mask) => sparsemax(scores, { mask })],
	["entmax15", (scores, mask) => entmax15(scores, { mask })],
	["entmax 1.3", (scores, mask) => entmax(scores, { alpha: 1.3, mask })],
	["topKSoftmax", (scores, mask) => topKSoftmax(scores, { k: 3, mask })],
];

// Multiples of 1/64: adding a constant is exact, so that ties stay ties and distinct scores stay distinct.
const score = fc.integer({ min: -512, max: 512 }).map((steps) => steps / 64);
const row = fc.array(fc.record({ score, live: fc.boolean() }), { minLength: 1, maxLength: 17 });
const valuesOf = (normalize: Normalize, scores: number[], live?: boolean[]): number[] =>
	tf.tidy(() => [...normalize(tf.tensor(scores), live && tf.tensor(live, [live.length], "bool")).dataSync()]);

describeOnEveryBackend("for any row of scores", () => {
	describe.each(normalizers)("%s", (_, normalize) => {
		it("sums to 1 over the live entries, is never negative, and 0 elsewhere", () => {
			const property = fc.property(row, (entries) => {
				const live = entries.map((entry) => entry.live);
				const weights = valuesOf(
					normalize,
					entries.map((entry) => entry.score),
					live,
				);
				const sum = weights.reduce((total, weight) => total + weight, 0);
				expectClose([sum], [live.includes(true) ? 1 : 0], { atol: 1e-5 });
				expect(weights.every((weight, i) => weight >= 0 && (live[i] || weight === 0))).toBe(true);
			});
			fc.assert(property, { seed: 1, numRuns: 30 });
		});

		it("follows a permutation of distinct scores", () => {
			const distinct = fc.uniqueArray(score, { minLength: 1, maxLength: 17 });
			const property = fc.property(distinct, fc.integer({ min: 1, max: 16 }), (scores, shift) => {
				const turn = <T>(list: T[]): T[] => list.map((_, i) => list[(i + shift) % list.length] as T);
				expectClose(valuesOf(normalize, turn(scores)), turn(valuesOf(normalize, scores)), { atol: 1e-5 });
			});
			fc.assert(property, { seed: 1, numRuns: 30 });
		});

		it("ignores -Infinity entries as if they were cut out", () => {
			const property = fc.property(row, (entries) => {
				const scores = entries.map((entry) => (entry.live ? entry.score : Number.NEGATIVE_INFINITY));
				const kept = entries.filter((entry) => entry.live).map((entry) => entry.score);
				fc.pre(kept.length > 0);
				const weights = valuesOf(normalize, scores).filter((_, i) => entries[i]?.live);
				expectClose(weights, valuesOf(normalize, kept), { atol: 1e-6 });
			});
			fc.assert(property, { seed: 1, numRuns: 30 });
		});

		it("cannot be influenced by a masked score: the same bits whatever it is", () => {
			const property = fc.property(row, score, (entries, other) => {
				const live = entries.map((entry) => entry.live);
				const before = entries.map((entry) => entry.score);
				const after = before.map((x, i) => (live[i] ? x : other * 1e3));
				expect(valuesOf(normalize, after, live)).toEqual(valuesOf(normalize, before, live));
			});
			fc.assert(property, { seed: 1, numRuns: 30 });
		});

		it("does not change when a constant is added, and keeps the order of the scores", () => {
			const property = fc.property(
				fc.array(score, { minLength: 1, maxLength: 17 }),
				score,
				(scores, shift) => {
					const weights = valuesOf(normalize, scores);
					expectClose(
						valuesOf(
							normalize,
							scores.map((x) => x + shift),
						),
						weights,
						{ atol: 2e-5 },
					);
					const order = scores.map((_, i) => i).sort((i, j) => (scores[i] ?? 0) - (scores[j] ?? 0) || j - i);
					const sorted = order.map((i) => weights[i] ?? 0);
					expect(sorted.every((weight, i) => i === 0 || weight >= (sorted[i - 1] ?? 0) - 1e-6)).toBe(true);
				},
			);
			fc.assert(property, { seed: 1, numRuns: 30 });
		});
	});

	it("sparsemax is at least as near to the scores as any other point of the simplex", () => {
		const property = fc.property(
			fc.array(fc.tuple(score, score), { minLength: 1, maxLength: 11 }),
			(pairs) => {
				const x = pairs.map(([value]) => value);
				const other = valuesOf(
					(scores) => maskedSoftmax(scores),
					pairs.map(([, value]) => value),
				);
				const distance = (p: number[]): number => p.reduce((sum, w, i) => sum + (w - (x[i] ?? 0)) ** 2, 0);
				expect(distance(valuesOf((scores) => sparsemax(scores), x))).toBeLessThanOrEqual(
					distance(other) + 1e-4,
				);
			},
		);
		fc.assert(property, { seed: 1, numRuns: 30 });
	});
});
