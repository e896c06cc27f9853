import { locationAwareScore, maskedSoftmax } from "@heed/core";
import { project } from "@heed/layers";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { it } from "vitest";
import { LocationAwareAttention, type LocationAwareAttentionArgs } from "./location-aware-attention.ts";

const [time, source, querySize, memorySize, units, filters] = [4, 7, 3, 5, 11, 2];

function make(args: Omit<LocationAwareAttentionArgs, "units">): LocationAwareAttention {
	const layer = new LocationAwareAttention({ units, filters, seed: 0, ...args });
	layer.buildFor(querySize, memorySize);
	layer.setWeights(layer.getWeights().map((weight, i) => randomTensor(weight.shape, i + 1, 0.7)));
	return layer;
}

const weightOf = <T extends tf.Tensor>(layer: LocationAwareAttention, name: string): T =>
	layer.weights.find(({ originalName }) => originalName.endsWith(name))?.read() as T;

/** The alignments of all steps of one row, from the formula in float64. */
function reference(layer: LocationAwareAttention, queries: number[][], memory: number[][]): number[][] {
	const values = <T>(name: string): T => weightOf(layer, name).arraySync() as T;
	const times = (x: number[], w: number[][]): number[] =>
		(w[0] as number[]).map((_, j) => x.reduce((sum, value, i) => sum + value * Number(w[i]?.[j]), 0));
	const [v, b] = [values<number[]>("score/kernel"), values<number[]>("score/bias")];
	const kernel = values<number[][][]>("location/filters"); // [W, C, F]
	let previous = memory.map(() => 0);
	let cumulative = memory.map(() => 0);
	return queries.map((query) => {
		const asked = times(query, values("query/kernel"));
		const seen = { previous: [previous], cumulative: [cumulative], both: [previous, cumulative] };
		const scores = memory.map((item, j) => {
			const found = Array.from({ length: filters }, (_, f) =>
				kernel.reduce((sum, taps, w) => {
					const place = j + w - Math.floor((kernel.length - 1) / 2);
					const channels = seen[layer.alignments];
					return sum + channels.reduce((part, row, c) => part + (row[place] ?? 0) * Number(taps[c]?.[f]), 0);
				}, 0),
			);
			const [key, located] = [times(item, values("memory/kernel")), times(found, values("location/kernel"))];
			return v.reduce((sum, weight, u) => {
				const inside = Number(asked[u]) + Number(key[u]) + Number(located[u]) + Number(b[u]);
				return sum + weight * Math.tanh(inside);
			}, 0);
		});
		const raw = scores.map((score) =>
			layer.smoothing ? 1 / (1 + Math.exp(-score)) : Math.exp(layer.sharpening * score),
		);
		const total = raw.reduce((sum, value) => sum + value, 0);
		previous = raw.map((value) => value / total);
		cumulative = cumulative.map((value, j) => value + Number(previous[j]));
		return previous;
	});
}

describeOnEveryBackend("LocationAwareAttention", () => {
	it.each<Omit<LocationAwareAttentionArgs, "units">>([
		{ kernelSize: 3 },
		{ kernelSize: 4, alignments: "cumulative", sharpening: 2 },
		{ kernelSize: 5, alignments: "both" },
		{ kernelSize: 11, alignments: "both", smoothing: true }, // wider than the source
	])("computes the formula, step after step: %o", (args) => {
		tf.tidy(() => {
			const layer = make(args);
			const query = randomTensor<tf.Rank.R3>([2, time, querySize], 7);
			const memory = randomTensor<tf.Rank.R3>([2, source, memorySize], 8);
			const mask = tf.tensor2d(
				[0, 2].map((cut) => Array.from({ length: source }, (_, j) => j < source - cut)),
			);
			const sequence = new LocationAwareAttention({ ...layer.getConfig(), returnAttention: true } as never);
			sequence.buildFor(querySize, memorySize);
			sequence.setWeights(layer.getWeights());
			const [, alignment] = sequence.apply([query, memory, tf.cast(mask, "bool")]) as tf.Tensor[];
			[0, 1].forEach((row) => {
				const valid = (memory.arraySync()[row] as number[][]).slice(0, source - 2 * row);
				const expected = reference(layer, query.arraySync()[row] as number[][], valid);
				const padded = expected.map((weights) => [...weights, ...new Array<number>(2 * row).fill(0)]);
				expectClose(tf.gather(alignment as tf.Tensor, row), tf.tensor2d(padded));
			});
		});
	});

	it("scores as core's locationAwareScore", () => {
		tf.tidy(() => {
			const layer = make({ kernelSize: 3 });
			const memory = randomTensor<tf.Rank.R3>([2, source, memorySize], 8);
			const query = randomTensor<tf.Rank.R2>([2, querySize], 9);
			const previous = tf.softmax(randomTensor<tf.Rank.R2>([2, source], 10));
			const state = { ...layer.setUp(memory), previous };
			const scores = locationAwareScore(
				tf.expandDims(project(query, weightOf(layer, "query/kernel")), 1) as tf.Tensor3D,
				project(memory, weightOf(layer, "memory/kernel")),
				tf.expandDims(previous, 1) as tf.Tensor3D,
				{
					v: weightOf(layer, "score/kernel"),
					b: weightOf(layer, "score/bias"),
					u: weightOf(layer, "location/kernel"),
					filters: tf.squeeze(weightOf(layer, "location/filters"), [1]) as tf.Tensor2D,
				},
			);
			expectClose(layer.step(query, state).alignment, tf.squeeze(maskedSoftmax(scores), [1]));
		});
	});
});
