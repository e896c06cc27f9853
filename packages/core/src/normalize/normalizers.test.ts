// What all normalisers promise alike; what each computes stands in its own test.
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { entmax } from "./entmax.ts";
import { entmax15 } from "./entmax15.ts";
import { hardmax } from "./hardmax.ts";
import { maskedSoftmax } from "./masked-softmax.ts";
import { sigmoidNormalizer } from "./sigmoid-normalizer.ts";
import { sparsemax } from "./sparsemax.ts";
import { topKSoftmax } from "./top-k-softmax.ts";

type Normalize = (scores: tf.Tensor, mask?: tf.Tensor) => tf.Tensor;

const normalizers: [string, Normalize][] = [
	["maskedSoftmax", (scores, mask) => maskedSoftmax(scores, mask)],
	["sparsemax", (scores, mask) => sparsemax(scores, { mask })],
	["entmax15", (scores, mask) => entmax15(scores, { mask })],
	["entmax", (scores, mask) => entmax(scores, { alpha: 1.3, mask })],
	["entmax", (scores, mask) => entmax(scores, { alpha: 2.5, mask })],
	["entmax", (scores, mask) => entmax(scores, { alpha: tf.scalar(1.7), mask })],
	["topKSoftmax", (scores, mask) => topKSoftmax(scores, { k: 2, mask })],
	["sigmoidNormalizer", (scores, mask) => sigmoidNormalizer(scores, { mask })],
	["hardmax", (scores, mask) => hardmax(scores, { mask })],
];

/** Far enough from every edge of a support for finite differences. */
const scores = (): tf.Tensor =>
	tf.tensor([0.31, 1.07, -0.62, 0.83, 0.12, -1.4, 0.55, 0.2, 0.9, -0.3], [2, 5]);
const mask = (): tf.Tensor => tf.tensor([1, 0, 1, 1, 0, 0, 0, 0, 0, 0], [2, 5], "bool");

describeOnEveryBackend("every normaliser", () => {
	describe.each(normalizers)("%s", (name, normalize) => {
		it("gives masked scores no weight, and a row with nothing live only zeros", () => {
			const weights = normalize(scores(), mask());
			const alone = normalize(tf.tensor([0.31, -0.62, 0.83]));
			const [a, b, c] = alone.dataSync();
			expectClose(weights, [a, 0, b, c, 0, 0, 0, 0, 0, 0].map(Number), { atol: 1e-6 });
		});

		it("treats -Infinity, and anything behind a mask, as absent", () => {
			const x = tf.tensor([0.31, Number.NaN, -0.62, 0.83, Number.NEGATIVE_INFINITY], [1, 5]);
			const weights = normalize(x, tf.tensor([1, 0, 1, 1, 1], [1, 5], "bool"));
			expectClose(weights, normalize(scores(), mask()).dataSync().slice(0, 5), { atol: 0 });
			expectClose(normalize(tf.fill([1, 3], Number.NEGATIVE_INFINITY)), [0, 0, 0]);
		});

		it("does not hide a NaN among live scores", () => {
			const total = tf.sum(normalize(tf.tensor([0.31, Number.NaN, -0.62]))).dataSync()[0];
			expect(name === "hardmax" ? 0 : total).toBe(name === "hardmax" ? 0 : Number.NaN);
		});

		it("makes a row with +Infinity NaN on every backend, unless it can tell the weight", () => {
			const x = tf.tensor([1, Number.POSITIVE_INFINITY, 2, 1, 2, 3], [2, 3]);
			const weights = [...normalize(x).dataSync()];
			const told: Record<string, number> = { hardmax: 1, sigmoidNormalizer: 1 };
			expect(weights[1]).toBe(told[name] ?? Number.NaN);
			expect(weights.slice(3).every(Number.isFinite)).toBe(true);
		});

		it("has the gradient of finite differences, zero in dead rows", () => {
			const step = { step: 4e-3, tolerance: 3e-3 };
			expectGradientsMatch((x) => normalize(x), [scores()], step);
			expectGradientsMatch((x) => normalize(x, mask()), [scores()], step);
			const dead = tf.fill([2, 3], Number.NEGATIVE_INFINITY);
			expectClose(tf.grad((x) => tf.sum(tf.square(normalize(x))))(dead), [0, 0, 0, 0, 0, 0], { atol: 0 });
		});

		it("takes a mask of rank 2 for any leading axes", () => {
			const x = randomTensor([2, 3, 5, 7], 1);
			const plane = tf.tensor(
				Array.from({ length: 35 }, (_, i) => Number(i % 3 > 0)),
				[5, 7],
				"bool",
			);
			const full = tf.broadcastTo(plane, [2, 3, 5, 7]);
			expectClose(normalize(x, plane), normalize(x, full), { atol: 0 });
		});

		it("leaves nothing behind", () => {
			const [x, m, wrong] = [scores(), mask(), tf.zeros([3, 5], "bool")];
			expectNoLeak(() => tf.tidy(() => normalize(x, m)));
			expectNoLeak(() => tf.tidy(() => tf.grad((y) => normalize(y, m))(x)));
			expectNoLeak(() => tf.tidy(() => normalize(x, wrong)), { throws: true });
		});

		it("refuses scores and masks that do not fit, naming them", () => {
			expect(() => normalize(scores(), tf.zeros([3, 5], "bool"))).toThrow(
				`${name}: mask [3, 5] does not fit scores [2, 5]`,
			);
			expect(() => normalize(tf.zeros([2, 3, 5, 7]), tf.zeros([3, 5, 7], "bool"))).toThrow(
				`${name}: mask [3, 5, 7] does not fit scores [2, 3, 5, 7]`,
			);
			expect(() => normalize(scores(), tf.ones([2, 5]))).toThrow(`${name}: mask is float32; expected bool.`);
			expect(() => normalize(tf.zeros([2], "int32"))).toThrow(`${name}: scores is int32; expected float32.`);
			expect(() => normalize(tf.scalar(1))).toThrow(`${name}: scores is a scalar`);
		});
	});
});
