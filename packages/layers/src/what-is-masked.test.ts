import { describeOnEveryBackend, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { additiveAttention } from "./attention/additive-attention.ts";
import { dotAttention } from "./attention/dot-attention.ts";
import { multiHeadAttention } from "./multi-head/multi-head-attention.ts";
import { MultiHeadBlock } from "./multi-head/multi-head-block.ts";
import { namedWeights } from "./parameters/named-weights.ts";
import { Parameters } from "./parameters/parameters.ts";
import { transformerDecoderLayer } from "./transformer/transformer-decoder-layer.ts";
import { transformerEncoderLayer } from "./transformer/transformer-encoder-layer.ts";

const [batch, queries, keys, features] = [2, 3, 5, 4];
const heads = { numHeads: 2, seed: 0 };
const cases: [string, () => layers.Layer][] = [
	["multiHeadAttention", () => multiHeadAttention(heads)],
	["multiHeadAttention with weights", () => multiHeadAttention({ ...heads, returnAttention: true })],
	["additiveAttention", () => additiveAttention({ units: 3, seed: 0 })],
	["dotAttention", () => dotAttention({ scale: "trainable" })],
	["transformerDecoderLayer", () => transformerDecoderLayer({ ...heads, hiddenDim: 3 })],
];

/** Which keys may be seen: two rows of other lengths. */
const live = [
	[1, 1, 1, 0, 0],
	[1, 0, 1, 1, 0],
];
const padding = (): tf.Tensor => tf.tensor2d(live, undefined, "bool");
/** The same for every query but that each has one key less. */
const perQuery = (): tf.Tensor => {
	const rows = live.map((row) => [0, 1, 2].map((q) => row.map((seen, k) => (k === q ? 0 : seen))));
	return tf.tensor3d(rows, undefined, "bool");
};

/** `x` with NaN or Infinity where nothing is live. */
function spoiled(x: tf.Tensor3D): tf.Tensor3D {
	const bad = tf.where(tf.greater(x, 0), Number.NaN, Number.POSITIVE_INFINITY);
	return tf.where(tf.expandDims(padding(), 2), x, bad) as tf.Tensor3D;
}

const numbers = (x: tf.Tensor | tf.Tensor[]): number[] => [x].flat().flatMap((one) => [...one.dataSync()]);

describeOnEveryBackend("what a mask hides from all queries", () => {
	it.each(cases)("has no part in results and gradients, NaN neither: %s", (_, make) => {
		const layer = make();
		tf.tidy(() => {
			const query = randomTensor<tf.Rank.R3>([batch, queries, features], 1);
			const memory = randomTensor<tf.Rank.R3>([batch, keys, features], 2);
			layer.apply([query, memory]);
			const weights = [...namedWeights(layer).values()];
			for (const mask of [padding(), perQuery()]) {
				const both = [memory, spoiled(memory)].map((one) => {
					const output = layer.apply([query, one, mask]) as tf.Tensor | tf.Tensor[];
					const { grads } = tf.variableGrads(() => {
						const [first] = [layer.apply([query, one, mask]) as tf.Tensor].flat() as [tf.Tensor];
						return tf.sum(tf.square(first)) as tf.Scalar;
					}, weights);
					return [numbers(output), ...weights.map(({ name }) => numbers(grads[name] as tf.Tensor))];
				});
				expect(both[0]?.flat().every(Number.isFinite)).toBe(true);
				expect(both[1]).toEqual(both[0]); // to the last bit
				const given = spoiled(memory);
				expectNoLeak(() => layer.apply([query, given, mask]) as tf.Tensor);
			}
		});
		layer.dispose();
	});

	it("lengths do the same for a block, mask and value apart", () => {
		const parameters = new Parameters({ seed: 1 });
		const block = new MultiHeadBlock(parameters, { ...heads, name: "a", querySize: features } as never);
		tf.tidy(() => {
			const query = randomTensor<tf.Rank.R3>([batch, queries, features], 1);
			const [key, value] = [2, 3].map((seed) => randomTensor<tf.Rank.R3>([batch, keys, features], seed));
			const hidden = [spoiled(key as tf.Tensor3D), spoiled(value as tf.Tensor3D)] as const;
			const options = { mask: tf.reshape(padding(), [batch, 1, 1, keys]) as tf.Tensor4D, keyLengths: [3, 4] };
			const weights = [...parameters.variables.values()];
			const gradients = (k: tf.Tensor3D, v: tf.Tensor3D): number[] => {
				const { grads } = tf.variableGrads(
					() => tf.sum(tf.square(block.attend(query, k, v, options).output)) as tf.Scalar,
					weights,
				);
				return Object.values(grads).flatMap(numbers);
			};
			const sound = gradients(key as tf.Tensor3D, value as tf.Tensor3D);
			expect(sound.every(Number.isFinite)).toBe(true);
			expect(gradients(...hidden)).toEqual(sound);
			expect(() => block.attend(query, ...hidden, { keyLengths: [3] })).toThrow(/keyLengths/);
		});
		parameters.dispose();
	});

	it("a query that is padding is read: what it holds stays in its own row", () => {
		const layer = transformerEncoderLayer({ ...heads, hiddenDim: 3 });
		tf.tidy(() => {
			const x = randomTensor<tf.Rank.R3>([batch, keys, features], 1);
			const sound = numbers(layer.apply([x, padding()]) as tf.Tensor);
			const other = numbers(layer.apply([spoiled(x), padding()]) as tf.Tensor);
			const seen = (values: number[]): number[] =>
				values.filter((_, i) => live.flat()[Math.floor(i / features)]);
			expect(seen(other)).toEqual(seen(sound));
			expect(other.filter(Number.isNaN)).toHaveLength(
				live.flat().filter((one) => one === 0).length * features,
			);
		});
		layer.dispose();
	});

	it("what is float32 is never taken for a mask, though it could be one", () => {
		const layer = multiHeadAttention(heads);
		tf.tidy(() => {
			const x = randomTensor<tf.Rank.R3>([batch, keys, features], 1);
			const ones = tf.ones([batch, keys, keys]);
			layer.apply([x, x, ones]); // a value, which gets weights for its 5 features
			expect(namedWeights(layer).get("value/kernel")?.shape).toEqual([keys, features]);
			const flat = tf.ones([batch, keys]);
			expect(() => layer.apply([x, x, flat])).toThrow(/value \[2, 5\] has rank 2; expected rank 3/);
			expect(() => multiHeadAttention(heads).apply([x, flat])).toThrow(/A mask must be of type bool/);
		});
		layer.dispose();
	});
});
