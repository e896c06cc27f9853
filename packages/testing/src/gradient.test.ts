import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { describeOnEveryBackend } from "./backends.ts";
import { expectGradientsMatch, expectGradientsToMatch } from "./gradient.ts";
import { randomTensor } from "./random.ts";

/** The square, with a gradient of `factor · x`: right for 2. */
const square = (factor: number): ((x: tf.Tensor) => tf.Tensor) =>
	tf.customGrad((x) => ({
		value: tf.square(x as tf.Tensor),
		gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.mul(x as tf.Tensor, factor)),
	}));

describeOnEveryBackend("expectGradientsMatch", () => {
	it("accepts right gradients of several inputs, and of scalars", () => {
		const [a, b] = [randomTensor([3, 5], 1), randomTensor([5], 2)];
		expectGradientsMatch((x, y) => tf.tanh(tf.mul(x, y)), [a, b]);
		expectGradientsMatch(square(2), [tf.scalar(0.7)]);
	});

	it("refuses a wrong gradient, and names its input", () => {
		const x = randomTensor([3, 5], 1);
		expect(() => expectGradientsMatch(square(2.1), [x])).toThrow(/gradient of input 0/);
		expect(() => expectGradientsMatch(square(-2), [x])).toThrow(/15 of 15 values differ/);
		const second = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.mul(a, 3), square(1.9)(b));
		expect(() =>
			expectGradientsMatch(second, [x, randomTensor([3, 5], 2)], { names: ["left", "right"] }),
		).toThrow(/gradient of right/);
	});

	it("refuses a gradient that is wrong at a few of the coordinates it looks at", () => {
		const wrongAtOne = tf.customGrad((x) => ({
			value: tf.mul(x as tf.Tensor, 1),
			gradFunc: (dy: tf.Tensor) => tf.mul(dy, tf.tensor1d([1, 1, 0.9, 1, 1])),
		}));
		expect(() => expectGradientsMatch(wrongAtOne, [randomTensor([5], 3)])).toThrow(/1 of 5 values differ/);
	});

	it("refuses a gradient that is NaN", () => {
		const undefinedSlope = tf.customGrad((x) => ({
			value: tf.mul(x as tf.Tensor, 1),
			gradFunc: (dy: tf.Tensor) => tf.mul(dy, Number.NaN),
		}));
		expect(() => expectGradientsMatch(undefinedSlope, [randomTensor([5], 3)])).toThrow(
			/5 of 5 values differ/,
		);
	});

	it("does the same where reading takes time, and keeps nothing", async () => {
		const before = tf.memory().numTensors;
		const make = (): tf.Tensor[] => [randomTensor([3, 5], 1)];
		await expectGradientsToMatch(square(2), make);
		await expect(expectGradientsToMatch(square(2.1), make, { names: ["x"] })).rejects.toThrow(
			/gradient of x/,
		);
		await expect(expectGradientsToMatch(square(2), () => [])).rejects.toThrow();
		expect(tf.memory().numTensors).toBe(before);
	});
});
