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
import { type CategoricalSample, categoricalSample } from "./categorical-sample.ts";
import { gumbelSoftmax } from "./gumbel-softmax.ts";

const probabilities = [0.1, 0.5, 0.05, 0.15, 0.2];
const draws = 4000;

/** Many rows of the same logits. */
const repeated = (): tf.Tensor2D => tf.tile(tf.tensor2d([probabilities.map(Math.log)]), [draws, 1]);

/** Expects the mean of one-hot rows within four standard errors of the probabilities. */
function expectFrequencies(oneHot: tf.Tensor): void {
	const frequencies = tf.mean(oneHot, 0).dataSync();
	probabilities.forEach((p, i) => {
		const tolerance = 4 * Math.sqrt((p * (1 - p)) / draws);
		expect(Math.abs((frequencies[i] ?? 0) - p), `outcome ${i}`).toBeLessThan(tolerance);
	});
}

const record = (sample: CategoricalSample): tf.TensorContainer => ({ ...sample });

describeOnEveryBackend("drawing", () => {
	it("categoricalSample draws with the probabilities of the softmax", () => {
		for (const seed of [0, 1, 2 ** 40]) expectFrequencies(categoricalSample(repeated(), { seed }).oneHot);
	});

	it("gumbelSoftmax has its largest weight with those probabilities, at any temperature", () => {
		for (const temperature of [0.1, 1, 10]) {
			expectFrequencies(gumbelSoftmax(repeated(), { seed: 3, temperature, hard: true }));
		}
	});

	it("categoricalSample gives the index and the log-probability of what it drew", () => {
		const logits = randomTensor([3, 5, 7], 1);
		const { oneHot, index, logProb } = categoricalSample(logits, { seed: 5 });
		expect([index.shape, logProb.shape]).toEqual([
			[3, 5],
			[3, 5],
		]);
		expect(index.dtype).toBe("int32");
		expectClose(tf.oneHot(index as tf.Tensor2D, 7), oneHot.dataSync());
		expectClose(logProb, tf.sum(tf.mul(oneHot, tf.logSoftmax(logits)), -1));
	});

	it("the seed decides, and 0 is a seed like any other", () => {
		const logits = tf.zeros([50, 7]);
		const draw = (seed: number): number[] => [...categoricalSample(logits, { seed }).index.dataSync()];
		expect(draw(0)).toEqual(draw(0));
		const seen = new Set([0, 1, 2, 2 ** 32, 2 ** 33].map((seed) => draw(seed).join()));
		expect(seen.size).toBe(5);
	});

	it("what is masked is never drawn, and cannot influence what is", () => {
		fc.assert(
			fc.property(fc.nat(), fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), (seed, allowed) => {
				tf.tidy(() => {
					const logits = randomTensor([4, 7], seed);
					const mask = tf.tensor(allowed.flat(), [1, 7], "bool");
					const spoilt = tf.where(mask, logits, Number.NaN);
					const [clean, dirty] = [logits, spoilt].map((x) => categoricalSample(x, { seed, mask }));
					expect(dirty?.index.dataSync()).toEqual(clean?.index.dataSync());
					expect(dirty?.logProb.dataSync()).toEqual(clean?.logProb.dataSync());
					for (const index of clean?.index.dataSync() ?? []) {
						expect(index).toBe(allowed.includes(true) ? index : -1);
						if (index >= 0) expect(allowed[index]).toBe(true);
					}
				});
			}),
			{ seed: 1, numRuns: 30 },
		);
	});

	it("a row with nothing to draw gives zeros, -1 and no gradient", () => {
		const mask = tf.tensor([true, true, false, false], [2, 2], "bool");
		const { oneHot, index, logProb } = categoricalSample(
			tf.tensor2d([
				[9, 0],
				[9, 0],
			]),
			{ seed: 1, mask },
		);
		expectClose(oneHot, [1, 0, 0, 0]);
		expectClose(index, [0, -1]);
		expectClose(logProb, [-Math.log1p(Math.exp(-9)), 0]);
		expectClose(
			gumbelSoftmax(
				tf.tensor2d([
					[9, 0],
					[9, 0],
				]),
				{ seed: 1, mask, hard: true },
			),
			[1, 0, 0, 0],
		);
		const gradient = tf.grad((x) => categoricalSample(x, { seed: 1, mask }).logProb)(
			tf.tensor2d([
				[1, 2],
				[3, 4],
			]),
		);
		expectClose(tf.slice(gradient, [1, 0], [1, 2]), [0, 0]);
	});

	it("have the gradients of finite differences", () => {
		const logits = randomTensor([3, 5], 2);
		// The draw must not change under the steps of the differences: these seeds are not near a tie.
		expectGradientsMatch((x) => categoricalSample(x, { seed: 2 }).logProb, [logits]);
		expectGradientsMatch((x) => gumbelSoftmax(x, { seed: 2, temperature: 0.7 }), [logits]);
		const mask = tf.tensor([true, false, true, true, false], [1, 5], "bool");
		expectGradientsMatch((x) => gumbelSoftmax(x, { seed: 2, mask }), [logits]);
	});

	it("gumbelSoftmax is one-hot forward and soft backward when hard", () => {
		const logits = randomTensor([3, 5], 4);
		const upstream = randomTensor([3, 5], 5);
		const hard = gumbelSoftmax(logits, { seed: 6, hard: true });
		expect(new Set(hard.dataSync())).toEqual(new Set([0, 1]));
		const gradientOf = (isHard: boolean): tf.Tensor =>
			tf.grad((x) => gumbelSoftmax(x, { seed: 6, hard: isHard }))(logits, upstream);
		expectClose(gradientOf(true), gradientOf(false));
	});

	it("leave nothing behind", () => {
		const logits = randomTensor([3, 5], 4);
		const mask = tf.ones([1, 5], "bool");
		expectNoLeak(() => record(categoricalSample(logits, { seed: 1, mask })));
		expectNoLeak(() => tf.grad((x) => categoricalSample(x, { seed: 1 }).logProb)(logits));
		for (const hard of [false, true]) {
			expectNoLeak(() => gumbelSoftmax(logits, { seed: 1, mask, hard }));
			expectNoLeak(() => tf.grad((x) => gumbelSoftmax(x, { seed: 1, hard }))(logits));
		}
	});

	it("refuse what does not fit", () => {
		const logits = tf.zeros([3, 5]);
		const calls: [() => tf.TensorContainer, RegExp][] = [
			[() => record(categoricalSample(logits, {} as never)), /categoricalSample: `seed` is undefined/],
			[() => record(categoricalSample(logits, { seed: -1 })), /`seed` is -1.*at least 0/],
			[() => record(categoricalSample(tf.zeros([3], "int32"), { seed: 1 })), /logits is int32/],
			[() => record(categoricalSample(logits, { seed: 1, mask: tf.ones([2, 5], "bool") })), /mask \[2, 5\]/],
			[() => record(categoricalSample(logits, { seed: 1, hard: true } as never)), /unknown option `hard`/],
			[() => gumbelSoftmax(logits, { seed: 1.5 }), /gumbelSoftmax: `seed` is 1.5/],
			[() => gumbelSoftmax(logits, { seed: 1, temperature: 0 }), /`temperature` is 0.*greater than 0/],
			[() => gumbelSoftmax(logits, { seed: 1, tau: 1 } as never), /`tau`.*`temperature`/],
		];
		for (const [call, message] of calls) {
			expect(() => tf.tidy(call)).toThrow(message);
			expectNoLeak(() => tf.tidy(call), { throws: true });
		}
	});
});
