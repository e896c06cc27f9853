import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { styleRecalibration } from "../channel/style-recalibration.ts";
import { type BatchNorm, makeBatchNorm } from "./batch-norm.ts";
import type { LayerParts } from "./layer-parts.ts";

const [rows, features] = [5, 3];

/** A norm on given weights, and its statistics. */
function normOf(gamma: tf.Tensor, beta: tf.Tensor): { norm: BatchNorm; statistics: tf.Tensor[] } {
	const statistics: tf.Tensor[] = [];
	const parts = {
		add: (path: string) => (path === "gamma" ? gamma : beta),
		addStatistic: (_: string, shape: number[], value: "zeros" | "ones") => {
			const place = statistics.push(value === "ones" ? tf.ones(shape) : tf.zeros(shape)) - 1;
			return {
				read: () => statistics[place],
				write: (next: tf.Tensor) => {
					statistics[place] = tf.keep(tf.clone(next));
				},
			};
		},
	} as unknown as LayerParts;
	return { norm: makeBatchNorm(parts, features), statistics };
}

describeOnEveryBackend("makeBatchNorm", () => {
	it("uses the batch in training and moves the statistics as PyTorch does", () => {
		tf.tidy(() => {
			const x = randomTensor<tf.Rank.R2>([rows, features], 1);
			const [gamma, beta] = [tf.tensor1d([1, 2, -3]), tf.tensor1d([0.5, 0, 1])];
			const { norm, statistics } = normOf(gamma, beta);
			const y = norm(tf.reshape(x, [rows, 1, features]), true);
			const columns = Array.from({ length: features }, (_, c) =>
				(x.arraySync() as number[][]).map((row) => row[c] ?? 0),
			);
			const means = columns.map((column) => column.reduce((sum, v) => sum + v, 0) / rows);
			const squares = columns.map((column, c) =>
				column.reduce((sum, v) => sum + (v - (means[c] ?? 0)) ** 2, 0),
			);
			const g = [1, 2, -3];
			const b = [0.5, 0, 1];
			const expected = Array.from({ length: rows }, (_, r) =>
				columns.map((column, c) => {
					const unit = ((column[r] ?? 0) - (means[c] ?? 0)) / Math.sqrt((squares[c] ?? 0) / rows + 1e-5);
					return unit * (g[c] ?? 0) + (b[c] ?? 0);
				}),
			).flat();
			expectClose(y, expected);
			expect(y.shape).toEqual([rows, 1, features]);
			const moved = [means.map((m) => 0.1 * m), squares.map((s) => 0.9 + (0.1 * s) / (rows - 1))];
			expectClose(statistics[0] as tf.Tensor, moved[0] as number[]);
			expectClose(statistics[1] as tf.Tensor, moved[1] as number[]);
			const used = Array.from({ length: rows }, (_, r) =>
				columns.map((column, c) => {
					const unit = ((column[r] ?? 0) - (moved[0]?.[c] ?? 0)) / Math.sqrt((moved[1]?.[c] ?? 0) + 1e-5);
					return unit * (g[c] ?? 0) + (b[c] ?? 0);
				}),
			).flat();
			expectClose(norm(x, false), used);
			tf.dispose(statistics);
		});
	});

	it("has the right gradients, through the statistics of the batch too", () => {
		tf.tidy(() => {
			const inputs = [[rows, features], [features], [features]].map((shape, i) => randomTensor(shape, 2 + i));
			for (const training of [true, false]) {
				const f = (...[x, gamma, beta]: tf.Tensor[]): tf.Tensor => {
					const { norm } = normOf(gamma as tf.Tensor, beta as tf.Tensor);
					return norm(x as tf.Tensor, training);
				};
				expectGradientsMatch(f, inputs, { names: ["x", "gamma", "beta"] });
			}
		});
	});

	it("keeps its statistics in the layer: saved, not trained, and moved by training calls alone", () => {
		const layer = styleRecalibration({ seed: 1 });
		const x = randomTensor([3, 2, 2, 2], 5);
		tf.dispose(layer.apply(x) as tf.Tensor);
		expect(
			layer.nonTrainableWeights.map(({ originalName }) => originalName.split("/").slice(-2).join("/")),
		).toEqual(["norm/movingMean", "norm/movingVariance"]);
		const [statistic] = layer.nonTrainableWeights;
		const mean = (): number[] => [...(statistic?.read().dataSync() ?? [])];
		tf.dispose(layer.apply(x) as tf.Tensor);
		expect(mean()).toEqual([0, 0]);
		expectNoLeak(() => layer.apply(x, { training: true }) as tf.Tensor);
		const moved = mean();
		expect(moved).not.toEqual([0, 0]);
		layer.trainable = false; // frozen: as in use
		tf.dispose(layer.apply(x, { training: true }) as tf.Tensor);
		expect(mean()).toEqual(moved);
		x.dispose();
		layer.dispose();
	});
});
