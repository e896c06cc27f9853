import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { maskedLogSoftmax } from "../normalize/masked-log-softmax.ts";
import { entropy } from "./entropy.ts";
import { movingBaseline } from "./moving-baseline.ts";
import { type ReinforceOptions, reinforceSurrogate } from "./reinforce-surrogate.ts";

// A policy over five outcomes with fixed rewards: small enough to enumerate every draw.
const logits = [0.3, -1.2, 0.8, 0, -0.4];
const rewards = [1, -2, 0.5, 3, 10];
const exponentials = logits.map(Math.exp);
const policy = exponentials.map((e) => e / exponentials.reduce((a, b) => a + b));
const expectation = (of: (outcome: number) => number): number =>
	policy.reduce((sum, p, outcome) => sum + p * of(outcome), 0);
const meanReward = expectation((outcome) => rewards[outcome] ?? 0);
const policyEntropy = -expectation((outcome) => Math.log(policy[outcome] ?? 1));

/** What one draw contributes: minus the gradient of the loss, since the loss is minimised. */
function estimate(outcome: number, options: (theta: tf.Tensor) => ReinforceOptions = () => ({})): number[] {
	const loss = (theta: tf.Tensor): tf.Tensor => {
		const logProb = tf.slice(maskedLogSoftmax(theta), [outcome], [1]);
		return reinforceSurrogate(logProb, tf.tensor1d([rewards[outcome] ?? 0]), options(theta));
	};
	return tf.tidy(() => Array.from(tf.neg(tf.grad(loss)(tf.tensor1d(logits))).dataSync()));
}

const moments = (options?: (theta: tf.Tensor) => ReinforceOptions): { mean: number[]; variance: number } => {
	const estimates = policy.map((_, outcome) => estimate(outcome, options));
	const mean = logits.map((_, i) => expectation((outcome) => estimates[outcome]?.[i] ?? 0));
	const squares = logits.map((_, i) =>
		expectation((outcome) => ((estimates[outcome]?.[i] ?? 0) - (mean[i] ?? 0)) ** 2),
	);
	return { mean, variance: squares.reduce((a, b) => a + b) };
};

/** ∂E[R]/∂θ_i = p_i (r_i - E[R]) */
const exact = policy.map((p, i) => p * ((rewards[i] ?? 0) - meanReward));

describeOnEveryBackend("REINFORCE, over every draw of a small policy", () => {
	it("is the exact gradient of the expected reward on average", () => {
		expectClose(moments().mean, exact, { atol: 1e-5 });
	});

	it("has the same mean with any baseline, and less variance with the mean reward", () => {
		for (const baseline of [-7, 2, meanReward]) {
			expectClose(moments(() => ({ baseline })).mean, exact, { atol: 1e-5 });
		}
		const { variance } = moments();
		expect(moments(() => ({ baseline: meanReward })).variance).toBeLessThan(0.9 * variance);
		expect(moments(() => ({ baseline: -7 })).variance).toBeGreaterThan(variance);
	});

	it("passes no gradient to a baseline or a reward that was computed from the same parameters", () => {
		const fromTheta = (theta: tf.Tensor): ReinforceOptions => ({
			baseline: tf.reshape(tf.sum(tf.mul(theta, 4)), [1]),
		});
		const value = 4 * logits.reduce((a, b) => a + b);
		expectClose(moments(fromTheta).mean, moments(() => ({ baseline: value })).mean);
		const gradient = tf.grad((x) => reinforceSurrogate(x, tf.mul(x, x)))(tf.tensor1d([3]));
		expectClose(gradient, [-9]); // not -27
	});

	it("adds the exact gradient of the entropy", () => {
		const entropyWeight = 0.37;
		const bonus = (theta: tf.Tensor): ReinforceOptions => ({
			entropy: tf.reshape(entropy(tf.softmax(theta)), [1]),
			entropyWeight,
		});
		// ∂H/∂θ_i = -p_i (log p_i + H)
		const expected = exact.map((g, i) => {
			const p = policy[i] ?? 0;
			return g - entropyWeight * p * (Math.log(p) + policyEntropy);
		});
		expectClose(moments(bonus).mean, expected, { atol: 1e-5 });
	});

	it("sums over the decisions of an item, averages over the batch, and leaves masked decisions out", () => {
		const logProb = tf.tensor2d([
			[1, 2, 3],
			[4, 5, Number.NaN],
		]);
		const mask = tf.tensor2d(
			[
				[1, 1, 1],
				[1, 0, 0],
			],
			[2, 3],
			"bool",
		);
		const reward = tf.tensor2d([[10], [100]]);
		// -(½)((10 - 1)·2·(1 + 2 + 3) + (100 - 1)·2·4)
		const loss = reinforceSurrogate(logProb, reward, { mask, baseline: 1, rewardWeight: 2 });
		expectClose(loss, [-(9 * 2 * 6 + 99 * 2 * 4) / 2]);
		const gradient = tf.grad((x) => reinforceSurrogate(x, reward, { mask, baseline: 1, rewardWeight: 2 }))(
			logProb,
		);
		expectClose(gradient, [-9, -9, -9, -99, 0, 0]);
	});

	it("movingBaseline is the running mean of the rewards", () => {
		const { initial, next } = movingBaseline();
		expect(initial).toBe(0);
		expect(next(2, 3)).toBeCloseTo(0.9 * 2 + 0.1 * 3, 12);
		expect(next(2, Float32Array.of(1, 5))).toBeCloseTo(0.9 * 2 + 0.1 * 3, 12);
		expect(movingBaseline({ decay: 0, initial: 5 }).next(5, [1, 2])).toBe(1.5);
		expect(() => movingBaseline({ decay: 1 })).toThrow(/`decay` is 1.*less than 1/);
		expect(() => movingBaseline({ rate: 0.1 } as never)).toThrow(/`rate`/);
		expect(() => next(0, [])).toThrow(/mean of the rewards` is NaN/);
	});

	it("entropy is 0 for one outcome, log n for n equal ones, with finite gradients at 0", () => {
		const weights = tf.tensor2d([
			[0, 1, 0],
			[1 / 3, 1 / 3, 1 / 3],
			[0, 0, 0],
		]);
		expectClose(entropy(weights), [0, Math.log(3), 0]);
		expectClose(entropy(tf.transpose(weights), 0), [0, Math.log(3), 0]);
		const gradient = tf
			.grad((p) => entropy(p))(weights)
			.dataSync();
		expectClose(
			gradient.slice(3, 6),
			[1, 1, 1].map((one) => Math.log(3) - one),
		);
		expectClose(gradient.slice(0, 3), [30 * Math.log(10), -1, 30 * Math.log(10)], { atol: 1e-4 });
		const sharp = tf.tensor2d([[200, 0, -200]]); // softmax gives exact zeros
		expectClose(tf.grad((x) => entropy(tf.softmax(x)))(sharp), [0, 0, 0]);
		expectGradientsMatch((x) => entropy(tf.softmax(x)), [randomTensor([3, 5], 1)]);
	});

	it("leaves nothing behind and refuses what does not fit", () => {
		const logProb = randomTensor([3, 5], 1);
		const reward = randomTensor([3, 1], 2);
		const options = { baseline: reward, entropy: logProb, entropyWeight: 0.1, mask: tf.ones([3, 5], "bool") };
		expectNoLeak(() => reinforceSurrogate(logProb, reward, options));
		expectNoLeak(() => tf.grad((x) => reinforceSurrogate(x, reward, options))(logProb));
		expectNoLeak(() => entropy(logProb));
		const calls: [() => tf.Tensor, RegExp][] = [
			[
				() => reinforceSurrogate(logProb, tf.zeros([3])),
				/reward \[3\] does not broadcast to logProb \[3, 5\]/,
			],
			[
				() => reinforceSurrogate(tf.zeros([5, 5]), tf.zeros([5])), // per item or per step?
				/reward \[5\] does not broadcast to logProb \[5, 5\]: expected rank 2 .*for instance to \[5, 1\]/,
			],
			[() => reinforceSurrogate(logProb, reward, { baseline: tf.zeros([5]) }), /baseline \[5\]/],
			[() => reinforceSurrogate(logProb, reward, { baseline: Number.NaN }), /`baseline` is NaN/],
			[() => reinforceSurrogate(logProb, reward, { baseline: tf.zeros([2, 1]) }), /baseline \[2, 1\]/],
			[
				() => reinforceSurrogate(logProb, reward, { entropyWeight: 1 }),
				/`entropyWeight` is given without `entropy`/,
			],
			[() => reinforceSurrogate(logProb, reward, { entropy: reward }), /entropy \[3, 1\] does not match/],
			[() => reinforceSurrogate(logProb, reward, { mask: reward }), /mask is float32; expected bool/],
			[() => reinforceSurrogate(tf.scalar(1), reward), /logProb is a scalar/],
			[() => reinforceSurrogate(logProb, reward, { beta: 1 } as never), /`beta`/],
			[() => entropy(tf.scalar(1)), /entropy: probabilities is a scalar/],
			[() => entropy(logProb, 2), /`axis` is 2/],
		];
		for (const [call, message] of calls) {
			expect(() => tf.tidy(call)).toThrow(message);
			expectNoLeak(() => tf.tidy(call), { throws: true });
		}
	});
});
