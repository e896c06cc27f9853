import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { LocationAttention } from "./location-attention.ts";

const [batch, time, querySize, memorySize] = [3, 2, 4, 7];

function make(maxSourceLength: number): LocationAttention {
	const layer = new LocationAttention({ maxSourceLength, seed: 0 });
	layer.buildFor(querySize, memorySize);
	layer.setWeights([randomTensor([querySize, maxSourceLength], 1)]);
	return layer;
}

describeOnEveryBackend("Luong's location score", () => {
	it.each([
		["as long as the weights", 5, [5, 2, 3]],
		["shorter than the weights", 3, [3, 1, 2]],
		["longer than the weights", 11, [11, 4, 6]],
	])("computes the formula on a source %s", (_, source, lengths) => {
		tf.tidy(() => {
			const layer = make(5);
			expect(layer.weights.map(({ originalName, shape }) => [originalName, shape])).toEqual([
				["query/kernel", [querySize, 5]],
			]);
			const query = randomTensor<tf.Rank.R3>([batch, time, querySize], 7);
			const memory = randomTensor<tf.Rank.R3>([batch, source, memorySize], 8);
			const { context, alignment } = layer.attendAll(
				query,
				layer.setUp(memory, tf.tensor1d(lengths, "int32")),
			);
			const w = layer.getWeights()[0]?.arraySync() as number[][];
			const items = memory.arraySync();
			const expected = query.arraySync().map((questions, b) =>
				questions.map((q) => {
					const exps = Array.from({ length: source }, (_, s) => {
						if (s >= Math.min(5, Number(lengths[b]))) return 0;
						return Math.exp(q.reduce((sum, value, i) => sum + value * Number(w[i]?.[s]), 0));
					});
					return exps.map((value) => value / exps.reduce((sum, one) => sum + one, 0));
				}),
			);
			expectClose(alignment, expected.flat(2));
			const contexts = expected.map((rows, b) =>
				rows.map((row) =>
					Array.from({ length: memorySize }, (_, m) =>
						row.reduce((sum, weight, s) => sum + weight * Number(items[b]?.[s]?.[m]), 0),
					),
				),
			);
			expectClose(context, contexts.flat(2));
		});
	});

	it("does not look at what stands at a position", () => {
		tf.tidy(() => {
			const layer = make(5);
			const query = randomTensor<tf.Rank.R3>([batch, time, querySize], 7);
			const [one, two] = [8, 9].map((seed) =>
				layer.attendAll(query, layer.setUp(randomTensor<tf.Rank.R3>([batch, 5, memorySize], seed))),
			);
			expectClose(one?.alignment as tf.Tensor, two?.alignment as tf.Tensor, { atol: 0 });
		});
	});

	it("says what is wrong", () => {
		expect(() => new LocationAttention({ maxSourceLength: 0 })).toThrow(
			"locationAttention: `maxSourceLength` is 0; expected a whole number at least 1.",
		);
		expect(() => new LocationAttention({} as never)).toThrow("`maxSourceLength` is undefined");
	});
});
