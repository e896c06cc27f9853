import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { type DoublyStochasticOptions, doublyStochasticPenalty } from "./doubly-stochastic-penalty.ts";

const [batch, steps, positions] = [2, 3, 5];
const stepLengths = [3, 2];
const positionLengths = [5, 3];

const below = (lengths: number[], size: number): tf.Tensor2D =>
	tf.less(tf.range(0, size, 1, "int32"), tf.reshape(lengths, [batch, 1]));
const masks = (): DoublyStochasticOptions => ({
	stepMask: below(stepLengths, steps),
	positionMask: below(positionLengths, positions),
});

/** `(1 − Σ_t α)²` of every row and position that counts, from the formula. */
function gaps(weights: number[][][], masked: boolean): number[][] {
	return weights.map((row, b) => {
		const counted = row.slice(0, masked ? stepLengths[b] : steps);
		const width = (masked ? positionLengths[b] : positions) as number;
		return Array.from({ length: width }, (_, i) => {
			const sum = counted.reduce((total, step) => total + Number(step[i]), 0);
			return (1 - sum) ** 2;
		});
	});
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
const expected = {
	sum: (rows: number[][]) => sum(rows.flat()) / batch,
	mean: (rows: number[][]) => sum(rows.flat()) / rows.flat().length,
	batchSum: (rows: number[][]) => sum(rows.map((row) => sum(row) / row.length)),
} as const;

describeOnEveryBackend("doublyStochasticPenalty", () => {
	it.each(["sum", "mean", "batchSum"] as const)("is the formula, reduced by %s", (reduction) => {
		tf.tidy(() => {
			const weights = tf.softmax(randomTensor<tf.Rank.R3>([batch, steps, positions], 1));
			for (const masked of [false, true]) {
				const wanted = 0.7 * expected[reduction](gaps(weights.arraySync(), masked));
				const options = { ...(masked ? masks() : {}), lambda: 0.7, reduction };
				expectClose(doublyStochasticPenalty(weights, options), [wanted]);
				expectGradientsMatch((x) => doublyStochasticPenalty(x as tf.Tensor3D, options), [weights]);
			}
			const options = masks();
			expectNoLeak(() => doublyStochasticPenalty(weights, options).dispose());
		});
	});

	it("is 0 for sums of 1 and for nothing, and what does not count has no part in it, NaN neither", () => {
		tf.tidy(() => {
			const even = tf.fill<tf.Rank.R3>([batch, positions, positions], 1 / positions);
			expectClose(doublyStochasticPenalty(even), [0], { atol: 1e-12 });
			for (const empty of [tf.zeros([0, 3, 5]), tf.zeros([2, 0, 5]), tf.zeros([2, 3, 0])]) {
				expectClose(doublyStochasticPenalty(empty as tf.Tensor3D), [0], { atol: 0 });
			}
			const weights = tf.softmax(randomTensor<tf.Rank.R3>([batch, steps, positions], 2));
			const { stepMask } = masks();
			const counts = tf.tile(tf.expandDims(stepMask as tf.Tensor2D, 2), [1, 1, positions]);
			const filled = (value: number) => tf.where(counts, weights, tf.fill(weights.shape, value));
			const slope = tf.grad((x) => doublyStochasticPenalty(x as tf.Tensor3D, masks()));
			for (const run of [slope, (x: tf.Tensor) => doublyStochasticPenalty(x as tf.Tensor3D, masks())]) {
				expect(run(filled(Number.NaN)).dataSync()).toEqual(run(filled(0)).dataSync());
			}
			const nobody = { positionMask: tf.zeros([batch, positions], "bool") as tf.Tensor2D };
			for (const reduction of ["sum", "mean", "batchSum"] as const) {
				expectClose(doublyStochasticPenalty(weights, { ...nobody, reduction }), [0], { atol: 0 });
			}
		});
	});

	it("says what it cannot use, and leaves nothing", () => {
		tf.tidy(() => {
			const weights = tf.zeros<tf.Rank.R3>([batch, steps, positions]);
			const wrong: [RegExp, () => unknown][] = [
				[/weights \[.*rank 2; expected rank 3/, () => doublyStochasticPenalty(tf.zeros([2, 3]) as never)],
				[/weights is int32/, () => doublyStochasticPenalty(tf.zeros([2, 3, 5], "int32"))],
				[/`lambda` is -1/, () => doublyStochasticPenalty(weights, { lambda: -1 })],
				[/`reduction` is "none"/, () => doublyStochasticPenalty(weights, { reduction: "none" as never })],
				[/unknown option `mask`/, () => doublyStochasticPenalty(weights, { mask: 1 } as never)],
				[
					/stepMask .*expected/,
					() => doublyStochasticPenalty(weights, { stepMask: tf.ones([2, 5], "bool") }),
				],
				[
					/positionMask is float32/,
					() => doublyStochasticPenalty(weights, { positionMask: tf.ones([2, 5]) }),
				],
			];
			for (const [message, run] of wrong) {
				expect(run).toThrow(message);
				expectNoLeak(() => tf.tidy(() => run() as tf.Tensor), { throws: true });
			}
		});
	});
});
