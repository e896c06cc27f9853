import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { channels, height, image, width } from "../../test/expect-map.ts";
import {
	type PlainImage,
	plainImages,
	projectPlain,
	stirAll,
	type Weights,
} from "../../test/plain-images.ts";
import { readWeights } from "../../test/plain-layers.ts";
import { mean, softmax, sum } from "../../test/plain-numbers.ts";
import { crissCross } from "./criss-cross.ts";
import { knnAttention2d } from "./knn-attention-2d.ts";
import { type NonLocalArgs, nonLocal } from "./non-local.ts";
import type { PairwiseAttention } from "./pairwise-attention.ts";
import { windowAttention } from "./window-attention.ts";
import { relativeIndex } from "./window-partition.ts";

type Rows = readonly (readonly number[])[];
const pixels = height * width;
const place = (p: number): readonly [number, number] => [Math.floor(p / width), p % width];
const dot = (a: readonly number[] = [], b: readonly number[] = []): number =>
	sum(a.map((v, i) => v * (b[i] ?? 0)));
const gather = (weights: Rows, values: Rows): number[][] =>
	weights.map((row) =>
		(values[0] ?? []).map((_, c) => sum(row.map((weight, j) => weight * (values[j]?.[c] ?? 0)))),
	);
const dense = (x: Rows, weights: Weights, path: string): Rows =>
	projectPlain(
		{ height: 1, width: x.length, pixels: x },
		weights[`${path}/kernel`] ?? [],
		weights[`${path}/bias`],
	).pixels;

/** Runs a layer with random weights on random images; gives its output and map, and the images and weights in float64. */
function run(layer: PairwiseAttention): {
	output: tf.Tensor;
	map: tf.Tensor;
	weights: Weights;
	images: PlainImage[];
} {
	layer.apply(image());
	stirAll(layer);
	const [output, map] = layer.apply(image()) as [tf.Tensor, tf.Tensor];
	return { output, map, weights: readWeights(layer), images: plainImages(image()) };
}

/** What heads of 3 features make of pixels, if the scores of a head become weights by `weigh`. */
function inHeads(
	x: Rows,
	weights: Weights,
	weigh: (scores: number[], query: number, head: number) => number[],
): { maps: number[][][]; output: Rows } {
	const [q, k, v] = ["query", "key", "value"].map((path) => dense(x, weights, path)) as [Rows, Rows, Rows];
	const part = (rows: Rows, head: number): Rows => rows.map((row) => row.slice(3 * head, 3 * head + 3));
	const heads = [0, 1].map((head) => {
		const keys = part(k, head);
		const map = part(q, head).map((query, i) =>
			weigh(
				keys.map((key) => dot(query, key) / Math.sqrt(3)),
				i,
				head,
			),
		);
		return { map, found: gather(map, part(v, head)) };
	});
	const merged = x.map((_, i) => heads.flatMap(({ found }) => found[i] ?? []));
	return { maps: heads.map(({ map }) => map), output: dense(merged, weights, "attention_output") };
}

const returnAttention = true;
const heads = { numHeads: 2, keyDim: 3, returnAttention, seed: 1 };

describeOnEveryBackend("pixels that look at pixels, by their formulas", () => {
	it.each(["embeddedGaussian", "gaussian", "dot", "concatenation"] as const)("nonLocal, %s", (mode) => {
		const options: NonLocalArgs = { mode, zeroInit: false, returnAttention, rdChannels: 3 };
		tf.tidy(() => {
			const { output, map, weights, images } = run(nonLocal(options));
			const results = images.map(({ pixels: x }) => {
				const same = mode === "gaussian";
				const [theta, phi] = ["theta", "phi"].map((path) => (same ? x : dense(x, weights, path))) as [
					Rows,
					Rows,
				];
				const [ofQuery, ofKey] = [0, 3].map((from) => weights["score/kernel"]?.slice(from, from + 3));
				const relations = theta.map((query) => {
					const products = phi.map((key) => dot(query, key));
					if (mode === "gaussian") return softmax(products);
					if (mode === "embeddedGaussian") return softmax(products.map((score) => score / Math.sqrt(3)));
					if (mode === "dot") return products.map((score) => score / pixels);
					return phi.map((key) => Math.max(dot(query, ofQuery) + dot(key, ofKey), 0) / pixels);
				});
				const added = dense(gather(relations, dense(x, weights, "value")), weights, "output");
				return { relations, y: x.map((pixel, i) => pixel.map((value, c) => value + (added[i]?.[c] ?? 0))) };
			});
			expectClose(
				map,
				results.flatMap(({ relations }) => relations.flat()),
				{ atol: 1e-5 },
			);
			expectClose(
				output,
				results.flatMap(({ y }) => y.flat()),
				{ atol: 1e-4 },
			);
			expectClose(nonLocal({ mode }).apply(image()) as tf.Tensor, image(), { atol: 0 });
		});
	});

	it("nonLocal looks at maxima of 2×2 pixels, over those that count", () => {
		tf.tidy(() => {
			const layer = nonLocal({ mode: "gaussian", subSample: true, returnAttention, zeroInit: false });
			const x = tf.tensor4d([-1, 5, -2, 9, 3, -3], [1, 2, 3, 1]);
			const mask = tf.tensor3d([1, 0, 1, 0, 0, 0], [1, 2, 3], "bool");
			const [, map] = layer.apply([x, mask]) as [tf.Tensor, tf.Tensor];
			expect(map.shape).toEqual([1, 1, 6, 2]);
			expectClose(
				tf.slice(map, 0, 1),
				[-1, 0, -2, 0, 0, 0].flatMap((query) => softmax([-query, -2 * query])),
			);
		});
	});

	it.each([[1], [4], [pixels]])("knnAttention2d, k %i, in the whole image and in a window", (k) => {
		tf.tidy(() => {
			for (const window of [undefined, 3]) {
				const { output, map, weights, images } = run(knnAttention2d({ ...heads, k, window }));
				const results = images.map(({ pixels: x }) =>
					inHeads(x, weights, (scores, query) => {
						const [row, column] = place(query);
						const near = scores.map((score, key) => {
							const [i, j] = place(key);
							const inside = Math.max(Math.abs(i - row), Math.abs(j - column)) <= 1;
							return window === undefined || inside ? score : Number.NEGATIVE_INFINITY;
						});
						const least = Math.max([...near].sort((a, b) => b - a)[k - 1] ?? 0, -1e30);
						return softmax(near.map((score) => (score >= least ? score : undefined)));
					}),
				);
				expectClose(
					map,
					results.flatMap(({ maps }) => maps.flat(2)),
					{ atol: 1e-5 },
				);
				expectClose(
					output,
					results.flatMap(({ output: y }) => y.flat()),
					{ atol: 1e-5 },
				);
			}
		});
	});

	it("knnAttention2d keeps exactly k of equal pixels, the first ones", () => {
		tf.tidy(() => {
			const layer = knnAttention2d({ ...heads, k: 2 });
			const [, map] = layer.apply(tf.ones([1, 2, 2, channels])) as [tf.Tensor, tf.Tensor];
			expectClose(map, Array.from({ length: 8 }, () => [0.5, 0.5, 0, 0]).flat());
		});
	});

	it("crissCross, two passes", () => {
		tf.tidy(() => {
			const layer = crissCross({ rdChannels: 2, returnAttention });
			const { output, map, weights, images } = run(layer);
			const results = images.map(({ pixels: start }) => {
				let x: Rows = start;
				let last: number[][] = [];
				for (let pass = 0; pass < 2; pass++) {
					const [q, k, v] = ["query", "key", "value"].map((path) => dense(x, weights, path)) as [
						Rows,
						Rows,
						Rows,
					];
					const keys = x.map((_, p) => {
						const [row, column] = place(p);
						const above = Array.from({ length: height }, (_, i) => i * width + column);
						return [...above, ...Array.from({ length: width }, (_, j) => row * width + j)];
					});
					last = keys.map((cross, p) =>
						softmax(cross.map((key, i) => (i < height && key === p ? undefined : dot(q[p], k[key])))),
					);
					const found = keys.map(
						(cross, p) =>
							gather(
								[last[p] ?? []],
								cross.map((key) => v[key] ?? []),
							)[0] ?? [],
					);
					x = x.map((pixel, p) =>
						pixel.map((value, c) => value + (weights.gamma?.[0] ?? 0) * (found[p]?.[c] ?? 0)),
					);
				}
				return { x, last };
			});
			expectClose(
				map,
				results.flatMap(({ last }) => last.flat()),
				{ atol: 1e-5 },
			);
			expectClose(
				output,
				results.flatMap(({ x }) => x.flat()),
				{ atol: 1e-4 },
			);
			expectClose(crissCross().apply(image()) as tf.Tensor, image(), { atol: 0 });
		});
	});

	it.each([
		[2, 0],
		[2, 1],
		[4, 3],
		[7, 3],
	])("windowAttention, windows of %i moved by %i", (size, shift) => {
		tf.tidy(() => {
			const layer = windowAttention({ ...heads, windowSize: size, shift });
			const { output, map, weights, images } = run(layer);
			const table = weights.position_bias ?? [];
			/** The window of a place along a side; those that stick out at the ends are windows of their own. */
			const windowAt = (at: number, length: number): number =>
				length <= size ? 0 : Math.floor((at - shift + size) / size);
			const expected = images.map(
				({ pixels: x }) =>
					inHeads(x, weights, (scores, query, head) => {
						const [row, column] = place(query);
						return softmax(
							scores.map((score, key) => {
								const [i, j] = place(key);
								const together =
									windowAt(i, height) === windowAt(row, height) &&
									windowAt(j, width) === windowAt(column, width);
								const difference = (row - i + size - 1) * (2 * size - 1) + column - j + size - 1;
								return together ? score + (table[difference * 2 + head] ?? 0) : undefined;
							}),
						);
					}).output,
			);
			expectClose(output, expected.flat(2), { atol: 1e-5 });
			const sums = tf.sum(map, 4).dataSync();
			expect(mean(Array.from(sums, (total) => Number(Math.abs(total - 1) < 1e-5 || total === 0)))).toBe(1);
		});
	});

	it("relativeIndex is that of mmpretrain", () => {
		const size = 3;
		const steps = (step1: number, step2: number): number[] =>
			Array.from({ length: size }, (_, i) =>
				Array.from({ length: size }, (_, j) => i * step1 + j * step2),
			).flat();
		const double = steps(2 * size - 1, 1);
		const index = double.map((_, i) =>
			double.map((other) => (double[i] ?? 0) + (double.at(-1) ?? 0) - other),
		);
		tf.tidy(() => {
			expect(relativeIndex(size).arraySync()).toEqual(index);
		});
	});

	it("says which options do not go together", () => {
		expect(() => knnAttention2d({ window: 4 })).toThrow(/`window` is 4; expected an odd number. Use 5/);
		expect(() => windowAttention({ windowSize: 4, shift: 4 })).toThrow(
			/`shift` is 4; expected less than `windowSize` 4/,
		);
		expect(() => nonLocal({ mode: "cosine" as never })).toThrow(/`mode` is "cosine"/);
		tf.tidy(() => {
			expect(() => knnAttention2d().apply(image())).toThrow(/7 channels do not divide into 8 heads/);
		});
	});
});
