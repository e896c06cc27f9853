// The scores of a query with a key, each against a float64 loop over its formula.
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { additiveScore } from "./additive-score.ts";
import { concatScore } from "./concat-score.ts";
import { cosineScore } from "./cosine-score.ts";
import { dotScore } from "./dot-score.ts";
import { generalScore } from "./general-score.ts";

type Vector = readonly number[];

interface Case {
	readonly name: string;
	readonly dims: readonly [query: number, key: number];
	/** Shapes of the trained parameters. */
	readonly parameters: readonly number[][];
	readonly score: (query: tf.Tensor3D, key: tf.Tensor3D, ...parameters: tf.Tensor[]) => tf.Tensor3D;
	/** One query with one key; parameters flat, row by row. */
	readonly reference: (q: Vector, k: Vector, ...parameters: Vector[]) => number;
}

const at = (x: Vector, i: number): number => x[i] ?? Number.NaN;
const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, i) => sum + x * at(b, i), 0);
const norm = (a: Vector): number => Math.sqrt(dot(a, a));

const cases: Case[] = [
	{ name: "dotScore", dims: [5, 5], parameters: [], score: (q, k) => dotScore(q, k), reference: dot },
	{
		name: "dotScore",
		dims: [5, 5],
		parameters: [],
		score: (q, k) => dotScore(q, k, { scale: "inverseRoot" }),
		reference: (q, k) => dot(q, k) / Math.sqrt(5),
	},
	{
		name: "dotScore",
		dims: [5, 5],
		parameters: [],
		score: (q, k) => dotScore(q, k, { scale: -0.3 }),
		reference: (q, k) => -0.3 * dot(q, k),
	},
	{
		name: "generalScore",
		dims: [5, 3],
		parameters: [[5, 3]],
		score: (q, k, w) => generalScore(q, k, { w: w as tf.Tensor2D }),
		reference: (q, k, w = []) => q.reduce((sum, x, i) => sum + x * dot(k, w.slice(i * 3)), 0),
	},
	{
		name: "concatScore",
		dims: [5, 3],
		parameters: [[8, 7], [7]],
		score: (q, k, w, v) => concatScore(q, k, { w: w as tf.Tensor2D, v: v as tf.Tensor1D }),
		reference: (q, k, w = [], v = []) => {
			const unit = (u: number): number => [...q, ...k].reduce((sum, x, i) => sum + x * at(w, i * 7 + u), 0);
			return v.reduce((sum, weight, u) => sum + weight * Math.tanh(unit(u)), 0);
		},
	},
	{
		name: "additiveScore",
		dims: [5, 5],
		parameters: [[5]],
		score: (q, k, v) => additiveScore(q, k, { v: v as tf.Tensor1D }),
		reference: (q, k, v = []) =>
			v.reduce((sum, weight, u) => sum + weight * Math.tanh(at(q, u) + at(k, u)), 0),
	},
	{
		name: "additiveScore",
		dims: [5, 5],
		parameters: [[5], [], [5]],
		score: (q, k, v, g, b) =>
			additiveScore(q, k, { v: v as tf.Tensor1D, g: g as tf.Scalar, b: b as tf.Tensor1D }),
		reference: (q, k, v = [], g = [], b = []) => {
			const sum = v.reduce((s, weight, u) => s + weight * Math.tanh(at(q, u) + at(k, u) + at(b, u)), 0);
			return (at(g, 0) * sum) / norm(v);
		},
	},
	{
		name: "cosineScore",
		dims: [5, 5],
		parameters: [],
		score: (q, k) => cosineScore(q, k, { scale: 2 }),
		reference: (q, k) => (2 * dot(q, k)) / (norm(q) * norm(k)),
	},
];

describeOnEveryBackend("scores of content", () => {
	describe.each(cases)(
		"$name of dims $dims, parameters $parameters",
		({ name, dims, parameters, score, reference }) => {
			const inputs = (queryLength: number, keyLength: number): [tf.Tensor3D, tf.Tensor3D, ...tf.Tensor[]] => [
				randomTensor<tf.Rank.R3>([2, queryLength, dims[0]], 1),
				randomTensor<tf.Rank.R3>([2, keyLength, dims[1]], 2),
				...parameters.map((shape, i) => randomTensor(shape as [], 3 + i)),
			];

			it.each([
				[3, 7],
				[7, 3],
				[1, 5],
			])("is its formula for %d queries and %d keys", (queryLength, keyLength) => {
				const [query, key, ...rest] = inputs(queryLength, keyLength);
				const flat = rest.map((parameter) => [...parameter.dataSync()]);
				const keys = key.arraySync();
				const expected = query
					.arraySync()
					.flatMap((queries, b) =>
						queries.flatMap((q) => (keys[b] ?? []).map((k) => reference(q, k, ...flat))),
					);
				const scores = score(query, key, ...rest);
				expect(scores.shape).toEqual([2, queryLength, keyLength]);
				expectClose(scores, expected, { atol: 1e-5 });
			});

			it("passes gradients to everything, and leaves nothing behind", () => {
				for (const all of [inputs(3, 7), inputs(7, 3)]) {
					expectGradientsMatch((q, k, ...rest) => score(q as tf.Tensor3D, k as tf.Tensor3D, ...rest), all);
					expectNoLeak(() => score(...all));
				}
			});

			it("refuses queries and keys that do not fit, and leaves nothing behind then", () => {
				const [query, key, ...rest] = inputs(3, 7);
				const other = tf.zeros<tf.Rank.R3>([5, 7, dims[1]]);
				expectNoLeak(() => score(query, other, ...rest), { throws: true });
				expect(() => score(query, other, ...rest)).toThrow(
					`${name}: key [batch 5, keyLength 7, dim ${dims[1]}] does not match query [batch 2, queryLength 3, dim ${dims[0]}]: expected batch 2.`,
				);
				expect(() => score(query, tf.zeros([2, 7, 11]), ...rest)).toThrow(`${name}: `);
				expect(() => score(tf.zeros([3, 5]) as tf.Tensor as tf.Tensor3D, key, ...rest)).toThrow(
					`${name}: query [3, 5] has rank 2; expected rank 3`,
				);
			});
		},
	);
});
