import { describeOnEveryBackend, expectClose, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { appendToCache } from "./cache/append-to-cache.ts";
import { createCache } from "./cache/key-value-cache.ts";
import { HeedError } from "./errors.ts";
import { mergeHeads } from "./heads/merge-heads.ts";
import { repeatKeyValueHeads } from "./heads/repeat-key-value-heads.ts";
import { splitHeads } from "./heads/split-heads.ts";
import { swapHeadsAndLength } from "./heads/swap-heads-and-length.ts";
import { linearAttention } from "./linear/linear-attention.ts";
import { entmax } from "./normalize/entmax.ts";
import { entmax15 } from "./normalize/entmax15.ts";
import { hardmax } from "./normalize/hardmax.ts";
import { maskedLogSoftmax } from "./normalize/masked-log-softmax.ts";
import { maskedSoftmax } from "./normalize/masked-softmax.ts";
import { sigmoidNormalizer } from "./normalize/sigmoid-normalizer.ts";
import { sparsemax } from "./normalize/sparsemax.ts";
import { topKSoftmax } from "./normalize/top-k-softmax.ts";
import { applyRotary } from "./position/apply-rotary.ts";
import { learnedPositions } from "./position/learned-positions.ts";
import { rotaryAngles } from "./position/rotary-angles.ts";
import { shawRelativeScores, shawRelativeValues } from "./position/shaw-relative.ts";
import { averagePool } from "./resample/average-pool.ts";
import { maxPool } from "./resample/max-pool.ts";
import { reflectPad } from "./resample/reflect-pad.ts";
import { resizeBilinear } from "./resample/resize-bilinear.ts";
import { categoricalSample } from "./sample/categorical-sample.ts";
import { entropy } from "./sample/entropy.ts";
import { gumbelSoftmax } from "./sample/gumbel-softmax.ts";
import { monotonicAttention } from "./sample/monotonic-attention.ts";
import { reinforceSurrogate } from "./sample/reinforce-surrogate.ts";
import { straightThrough } from "./sample/straight-through.ts";
import { additiveScore } from "./score/additive-score.ts";
import { concatScore } from "./score/concat-score.ts";
import { cosineScore } from "./score/cosine-score.ts";
import { dotScore } from "./score/dot-score.ts";
import { gaussianScore } from "./score/gaussian-score.ts";
import { gaussianWindow } from "./score/gaussian-window.ts";
import { generalScore } from "./score/general-score.ts";
import { locationAwareScore } from "./score/location-aware-score.ts";
import { locationScore } from "./score/location-score.ts";
import { affineGrid } from "./warp/affine-grid.ts";
import { attentionGrid } from "./warp/attention-grid.ts";
import { gridSample } from "./warp/grid-sample.ts";
import { projectiveGrid } from "./warp/projective-grid.ts";
import { thinPlateSplineGrid } from "./warp/thin-plate-spline-grid.ts";

/** A mechanism, the shape of its input, and the shape of what comes out. */
type Case = readonly [
	name: string,
	run: (x: never) => tf.Tensor,
	input: readonly number[],
	output: readonly number[],
];

const ones = <R extends tf.Rank>(...shape: number[]): tf.Tensor<R> => tf.ones(shape as tf.ShapeMap[R]);
const vector = (): tf.Tensor1D => ones<tf.Rank.R1>(5);

const normalizers: Record<string, (x: tf.Tensor) => tf.Tensor> = {
	maskedSoftmax: (x) => maskedSoftmax(x),
	maskedLogSoftmax: (x) => maskedLogSoftmax(x),
	sparsemax: (x) => sparsemax(x),
	entmax15: (x) => entmax15(x),
	entmax: (x) => entmax(x, { alpha: 1.3 }),
	"entmax, α a tensor": (x) => entmax(x, { alpha: tf.scalar(1.3) }),
	topKSoftmax: (x) => topKSoftmax(x, { k: 2 }),
	sigmoidNormalizer: (x) => sigmoidNormalizer(x),
	gumbelSoftmax: (x) => gumbelSoftmax(x, { seed: 1 }),
	"gumbelSoftmax, hard": (x) => gumbelSoftmax(x, { seed: 1, hard: true }),
	straightThrough: (x) => straightThrough(tf.onesLike(x), x),
	"maskedSoftmax, masked": (x) => maskedSoftmax(x, tf.onesLike(tf.cast(x, "bool"))),
	"maskedSoftmax, axis 1": (x) => maskedSoftmax(x, undefined, { axis: 1 }),
};
const scores: Record<string, (query: tf.Tensor3D, key: tf.Tensor3D) => tf.Tensor> = {
	dotScore: (q, k) => dotScore(q, k, { scale: "inverseRoot" }),
	cosineScore: (q, k) => cosineScore(q, k),
	generalScore: (q, k) => generalScore(q, k, { w: ones<tf.Rank.R2>(5, 5) }),
	concatScore: (q, k) => concatScore(q, k, { w: ones<tf.Rank.R2>(10, 5), v: vector() }),
	additiveScore: (q, k) => additiveScore(q, k, { v: vector(), b: vector(), g: tf.scalar(1) }),
	locationScore: (q, k) =>
		locationScore(q, { w: ones<tf.Rank.R2>(5, 7), keyLength: Math.max(1, k.shape[1]) }),
	locationAwareScore: (q, k) =>
		locationAwareScore(q, k, tf.zeros([q.shape[0], q.shape[1], k.shape[1]]), {
			v: vector(),
			filters: ones<tf.Rank.R2>(3, 4),
			u: ones<tf.Rank.R2>(4, 5),
		}),
	gaussianScore: (q, k) =>
		gaussianScore(tf.sum(q, 2) as tf.Tensor2D, { keyLength: Math.max(1, k.shape[1]), sigma: 1 }),
	gaussianWindow: (q, k) =>
		gaussianWindow(q, { amplitude: q, precision: q, keyLength: Math.max(1, k.shape[1]) }),
};

const empty: Case[] = [
	...Object.entries(normalizers).flatMap(([name, run]): Case[] => [
		[name, run, [0, 3, 7], [0, 3, 7]],
		[name, run, [2, 0, 7], [2, 0, 7]],
		[name, run, [2, 3, 0], [2, 3, 0]],
	]),
	...Object.entries(scores).flatMap(([name, run]): Case[] => [
		[name, (q: tf.Tensor3D) => run(q, tf.ones([q.shape[0], 7, 5])), [0, 3, 5], [0, 3, 7]],
		[name, (q: tf.Tensor3D) => run(q, tf.ones([q.shape[0], 7, 5])), [2, 0, 5], [2, 0, 7]],
	]),
	...(
		["dotScore", "cosineScore", "generalScore", "concatScore", "additiveScore", "locationAwareScore"] as const
	).map(
		(name): Case => [
			name,
			(k: tf.Tensor3D) => (scores[name] ?? expect.fail())(tf.ones([2, 3, 5]), k),
			[2, 0, 5],
			[2, 3, 0],
		],
	),
	["splitHeads", (x: tf.Tensor3D) => splitHeads(x, 3), [0, 5, 6], [0, 3, 5, 2]],
	["splitHeads", (x: tf.Tensor3D) => splitHeads(x, 3), [2, 0, 6], [2, 3, 0, 2]],
	["mergeHeads", mergeHeads, [0, 3, 5, 2], [0, 5, 6]],
	["mergeHeads", mergeHeads, [2, 3, 0, 2], [2, 0, 6]],
	["swapHeadsAndLength", swapHeadsAndLength, [0, 3, 5, 2], [0, 5, 3, 2]],
	["swapHeadsAndLength", swapHeadsAndLength, [2, 3, 0, 2], [2, 0, 3, 2]],
	["repeatKeyValueHeads", (x: tf.Tensor4D) => repeatKeyValueHeads(x, 2), [0, 3, 5, 2], [0, 6, 5, 2]],
	["repeatKeyValueHeads", (x: tf.Tensor4D) => repeatKeyValueHeads(x, 2), [2, 3, 0, 2], [2, 6, 0, 2]],
	...(["half", "interleaved"] as const).flatMap((layout): Case[] => {
		const turn = (x: tf.Tensor4D): tf.Tensor =>
			applyRotary(x, rotaryAngles(tf.zeros([x.shape[2]]) as tf.Tensor1D, 4), { layout });
		return [
			[`applyRotary, ${layout}`, turn, [0, 3, 5, 6], [0, 3, 5, 6]],
			[`applyRotary, ${layout}`, turn, [2, 3, 0, 6], [2, 3, 0, 6]],
		];
	}),
	[
		"shawRelativeScores",
		(q: tf.Tensor4D) => shawRelativeScores(q, ones(7, 5), { keyLength: 4 }),
		[0, 3, 2, 5],
		[0, 3, 2, 4],
	],
	[
		"shawRelativeScores",
		(q: tf.Tensor4D) => shawRelativeScores(q, ones(7, 5), { keyLength: 4 }),
		[2, 3, 0, 5],
		[2, 3, 0, 4],
	],
	["shawRelativeValues", (w: tf.Tensor4D) => shawRelativeValues(w, ones(7, 5)), [0, 3, 2, 4], [0, 3, 2, 5]],
	["shawRelativeValues", (w: tf.Tensor4D) => shawRelativeValues(w, ones(7, 5)), [2, 3, 0, 4], [2, 3, 0, 5]],
	["shawRelativeValues", (w: tf.Tensor4D) => shawRelativeValues(w, ones(7, 5)), [2, 3, 2, 0], [2, 3, 2, 5]],
	...[false, true].flatMap((causal): Case[] => [
		[
			`linearAttention, causal ${causal}`,
			(q: tf.Tensor4D) => linearAttention(q, q, q, { causal }),
			[0, 3, 7, 5],
			[0, 3, 7, 5],
		],
		[
			`linearAttention, causal ${causal}`,
			(q: tf.Tensor4D) => linearAttention(q, q, q, { causal }),
			[2, 3, 0, 5],
			[2, 3, 0, 5],
		],
	]),
	[
		"linearAttention, no keys",
		(k: tf.Tensor4D) => linearAttention(ones(2, 3, 7, 5), k, k),
		[2, 3, 0, 5],
		[2, 3, 7, 5],
	],
	["categoricalSample", (x: tf.Tensor) => categoricalSample(x, { seed: 1 }).logProb, [0, 5], [0]],
	["categoricalSample", (x: tf.Tensor) => categoricalSample(x, { seed: 1 }).logProb, [2, 0, 5], [2, 0]],
	["entropy", (x: tf.Tensor) => entropy(x), [0, 5], [0]],
	["entropy", (x: tf.Tensor) => entropy(x), [2, 0], [2]],
	["monotonicAttention", (x: tf.Tensor2D) => monotonicAttention(x, tf.zerosLike(x)), [0, 5], [0, 5]],
	["monotonicAttention", (x: tf.Tensor2D) => monotonicAttention(x, tf.zerosLike(x)), [2, 0], [2, 0]],
	["averagePool", (x: tf.Tensor4D) => averagePool(x, 2, { padding: "same" }), [0, 5, 7, 3], [0, 3, 4, 3]],
	["maxPool", (x: tf.Tensor4D) => maxPool(x, 2, { padding: "same" }), [0, 5, 7, 3], [0, 3, 4, 3]],
	["reflectPad", (x: tf.Tensor4D) => reflectPad(x, 1), [0, 5, 7, 3], [0, 7, 9, 3]],
	["resizeBilinear", (x: tf.Tensor4D) => resizeBilinear(x, [3, 2]), [0, 5, 7, 3], [0, 3, 2, 3]],
	["affineGrid", (x: tf.Tensor3D) => affineGrid(x, [3, 2]), [0, 2, 3], [0, 3, 2, 2]],
	["attentionGrid", (x: tf.Tensor2D) => attentionGrid(x, [3, 2]), [0, 3], [0, 3, 2, 2]],
	["projectiveGrid", (x: tf.Tensor2D) => projectiveGrid(x, [3, 2]), [0, 8], [0, 3, 2, 2]],
	["thinPlateSplineGrid", (x: tf.Tensor3D) => thinPlateSplineGrid(x, [3, 2]), [0, 4, 2], [0, 3, 2, 2]],
];

describeOnEveryBackend("with a batch or a length of 0", () => {
	it.each(empty.map(([name, run, input, output]) => ({ name, run, input: [...input], output: [...output] })))(
		"$name of $input is $output, and so are its gradients",
		({ run, input, output }) => {
			const x = tf.zeros(input);
			expect(tf.tidy(() => run(x as never).shape)).toEqual(output);
			const gradient = tf.grad((y) => run(y as never))(x);
			expect(gradient.shape).toEqual(input);
			expectNoLeak(() => tf.tidy(() => run(x as never)));
		},
	);

	it("hardmax and the draw itself are empty, too", () => {
		for (const shape of [
			[0, 3, 7],
			[2, 0, 7],
			[2, 3, 0],
		]) {
			expect(hardmax(tf.zeros(shape)).shape).toEqual(shape);
			const { oneHot, index } = categoricalSample(tf.zeros(shape), { seed: 1 });
			expect([oneHot.shape, index.shape]).toEqual([shape, shape.slice(0, -1)]);
			for (const drawn of index.dataSync()) expect(drawn).toBe(-1);
		}
	});

	it("sums over nothing are 0", () => {
		const nothing = tf.zeros<tf.Rank.R4>([2, 3, 0, 5]);
		// What was in the memory before must not come back as a sum.
		tf.dispose(Array.from({ length: 50 }, (_, i) => tf.fill([i + 1], 7)));
		expectClose(linearAttention(ones(2, 3, 7, 5), nothing, nothing), tf.zeros([2, 3, 7, 5]), { atol: 0 });
		expectClose(entropy(tf.zeros([2, 0])), [0, 0], { atol: 0 });
		expect(reinforceSurrogate(tf.zeros([0, 5]), tf.zeros([0, 1])).dataSync()[0]).toBe(0);
	});

	it("positions of an empty list of positions are empty", () => {
		const none = tf.zeros<tf.Rank.R1>([0], "int32");
		expect(learnedPositions(ones(7, 5), none).shape).toEqual([0, 5]);
		expect(rotaryAngles(none, 4).cos.shape).toEqual([0, 2]);
	});

	it("a cache takes no new positions as such", () => {
		const cache = createCache({ batch: 2, kvHeads: 3, capacity: 4, headDim: 5 });
		const none = tf.zeros<tf.Rank.R4>([2, 3, 0, 5]);
		expect(appendToCache(cache, none, none).lengths).toEqual([0, 0]);
		expect(appendToCache(cache, none, none).key.shape).toEqual([2, 3, 4, 5]);
	});

	describe("refuses, and says so, where there is no such result", () => {
		it.each<[string, () => tf.Tensor]>([
			["an image without pixels", () => resizeBilinear(tf.zeros([2, 0, 3, 1]), [2, 2])],
			["a window over no pixels", () => maxPool(tf.zeros([2, 0, 3, 1]), 2)],
			["an average of no pixels", () => averagePool(tf.zeros([2, 0, 3, 1]), 2, { padding: "same" })],
			["a mirror of nothing", () => reflectPad(tf.zeros([2, 0, 3, 1]), 0)],
			["an image to sample that is empty", () => gridSample(tf.zeros([2, 0, 3, 1]), tf.zeros([2, 1, 1, 2]))],
		])("%s", (_, call) => {
			let error: unknown;
			try {
				tf.tidy(call);
			} catch (thrown) {
				error = thrown;
			}
			expect(HeedError.isInstance(error), String(error)).toBe(true);
		});
	});
});
