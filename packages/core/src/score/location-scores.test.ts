import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { maskedSoftmax } from "../normalize/masked-softmax.ts";
import { additiveScore } from "./additive-score.ts";
import { locationAwareScore } from "./location-aware-score.ts";
import { locationScore } from "./location-score.ts";

describeOnEveryBackend("locationScore", () => {
	const query = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([2, 3, 5], 1);
	const weights = (): tf.Tensor2D => randomTensor<tf.Rank.R2>([5, 7], 2);

	it("uses the first positions of its matrix, and knows nothing of positions beyond it", () => {
		const [q, w] = [query(), weights()];
		const whole = locationScore(q, { w });
		const product = tf.matMul(tf.reshape(q, [6, 5]), w);
		expectClose(whole, product.dataSync(), { atol: 1e-6 });
		expectClose(locationScore(q, { w, keyLength: 4 }), tf.slice(whole, [0, 0, 0], [2, 3, 4]), { atol: 1e-6 });
		const long = locationScore(q, { w, keyLength: 9 });
		expect(long.shape).toEqual([2, 3, 9]);
		expect([...long.dataSync().slice(7, 9)]).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
		const normal = maskedSoftmax(long);
		expectClose(tf.slice(normal, [0, 0, 0], [2, 3, 7]), maskedSoftmax(whole), { atol: 1e-6 });
	});

	it("has gradients, also through scores of -Infinity, leaves nothing behind and refuses misfits", () => {
		const [q, w] = [query(), weights()];
		for (const keyLength of [4, 7, 9]) {
			expectGradientsMatch(
				(a, b) => maskedSoftmax(locationScore(a as tf.Tensor3D, { w: b as tf.Tensor2D, keyLength })),
				[q, w],
			);
			expectNoLeak(() => locationScore(q, { w, keyLength }));
		}
		expectNoLeak(() => locationScore(q, { w, keyLength: 0 }), { throws: true });
		expect(() => locationScore(q, { w: tf.ones([4, 7]) })).toThrow(
			"locationScore: w [queryDim 4, maxLength 7]",
		);
	});
});

describeOnEveryBackend("locationAwareScore", () => {
	const [batch, queryLength, keyLength, units, count] = [2, 3, 7, 5, 4];
	const tensors = (width: number): tf.Tensor[] => [
		randomTensor([batch, queryLength, units], 1),
		randomTensor([batch, keyLength, units], 2),
		randomTensor([batch, queryLength, keyLength], 3),
		randomTensor([width, count], 4),
		randomTensor([count, units], 5),
		randomTensor([units], 6),
		randomTensor([units], 7),
	];
	const score = (...[q, k, alignment, filters, u, v, b]: tf.Tensor[]): tf.Tensor3D =>
		locationAwareScore(q as tf.Tensor3D, k as tf.Tensor3D, alignment as tf.Tensor3D, {
			filters: filters as tf.Tensor2D,
			u: u as tf.Tensor2D,
			v: v as tf.Tensor1D,
			b: b as tf.Tensor1D,
		});

	it.each([1, 3, 4, 9])("adds what %d wide filters find, centred and padded with zeros", (width) => {
		const all = tensors(width);
		const [q, k, alignment, filters, u, v, b] = all.map((tensor) => [...tensor.dataSync()]);
		const at = (x: number[] | undefined, i: number): number => x?.[i] ?? Number.NaN;
		const before = Math.floor((width - 1) / 2);
		const expected: number[] = [];
		for (let n = 0; n < batch; n++)
			for (let i = 0; i < queryLength; i++)
				for (let j = 0; j < keyLength; j++) {
					const found = Array.from({ length: count }, (_, f) => {
						let sum = 0;
						for (let d = 0; d < width; d++) {
							const position = j + d - before;
							if (position < 0 || position >= keyLength) continue;
							sum += at(alignment, (n * queryLength + i) * keyLength + position) * at(filters, d * count + f);
						}
						return sum;
					});
					let sum = 0;
					for (let unit = 0; unit < units; unit++) {
						const located = found.reduce((s, x, f) => s + x * at(u, f * units + unit), 0);
						const query = at(q, (n * queryLength + i) * units + unit);
						const key = at(k, (n * keyLength + j) * units + unit);
						sum += at(v, unit) * Math.tanh(query + key + located + at(b, unit));
					}
					expected.push(sum);
				}
		expectClose(score(...all), expected, { atol: 1e-5 });
	});

	it("is the additive score where nothing was attended to before", () => {
		const [q, k, , filters, u, v] = tensors(3) as [
			tf.Tensor3D,
			tf.Tensor3D,
			tf.Tensor,
			tf.Tensor2D,
			tf.Tensor2D,
			tf.Tensor1D,
		];
		const none = tf.zeros<tf.Rank.R3>([batch, queryLength, keyLength]);
		const g = tf.scalar(0.7);
		expectClose(locationAwareScore(q, k, none, { filters, u, v, g }), additiveScore(q, k, { v, g }), {
			atol: 1e-6,
		});
	});

	it("passes gradients to all seven, filters included, and leaves nothing behind", () => {
		const all = tensors(4);
		expectGradientsMatch(score, all, { coordinates: 12 });
		expectNoLeak(() => score(...all));
	});

	it("refuses an alignment or filters that do not fit", () => {
		const all = tensors(3);
		const swap = (index: number, tensor: tf.Tensor): tf.Tensor[] =>
			all.map((each, i) => (i === index ? tensor : each));
		const wrong = tf.zeros([batch, queryLength, 6]);
		expectNoLeak(() => score(...swap(2, wrong)), { throws: true });
		expect(() => score(...swap(2, wrong))).toThrow(
			"locationAwareScore: alignment [batch 2, queryLength 3, keyLength 6] does not match query [2, 3, 5] and key [2, 7, 5]: expected keyLength 7.",
		);
		expect(() => score(...swap(3, tf.zeros([3])))).toThrow(
			"filters [3] has rank 1; expected rank 2: [width, filters]",
		);
		expect(() => score(...swap(4, tf.zeros([3, 5])))).toThrow(
			"u [filters 3, units 5] does not match 4 filters and 5 units",
		);
	});
});
